#!/bin/sh
# Run once by the Postgres image, on an empty volume: the server's own role and database.
# The role is no superuser: what the database refuses to it, it cannot allow itself by accident.
set -eu

psql --username "$POSTGRES_USER" --dbname postgres --set ON_ERROR_STOP=1 --set password="$CONNECT4_PASSWORD" <<'SQL'
CREATE ROLE connect4 LOGIN PASSWORD :'password';
CREATE DATABASE connect4 OWNER connect4;
SQL
