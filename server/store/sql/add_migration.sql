INSERT INTO migrations (number, name, oldest_release) VALUES ($1, $2, $3)
