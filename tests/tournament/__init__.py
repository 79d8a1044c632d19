"""The computer's levels against each other, and how well *hard* plays, held to the solver."""
