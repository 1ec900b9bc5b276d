"""Passwords that cost next to nothing, for tests in which hundreds of people sign in."""

from argon2 import PasswordHasher

from cleanplate_directory.actions.passwords import Passwords

REAL = Passwords.hasher
CHEAP = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


def hash_cheaply() -> None:
    """Let every directory of this process hash new passwords at next to no cost."""
    Passwords.hasher = CHEAP
