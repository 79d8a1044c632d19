SELECT name, version FROM projections WHERE state = 'retired'
