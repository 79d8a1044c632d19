CREATE TABLE IF NOT EXISTS migrations (
    number integer     PRIMARY KEY,
    name   text        NOT NULL,
    run_at timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE migrations ADD COLUMN IF NOT EXISTS oldest_release text
