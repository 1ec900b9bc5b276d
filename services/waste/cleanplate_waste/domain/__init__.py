"""Rules of the waste service: no web, no database, no network."""
