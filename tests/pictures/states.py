"""The pages and states that there are pictures of."""

from tests.pictures import games, people, start, studies
from tests.pictures.studio import States

STATES = States(start.STATES | games.STATES | studies.STATES | people.STATES)
