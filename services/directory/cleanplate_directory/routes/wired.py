"""What `app` wired for the routes."""

from typing import Annotated

from fastapi import Depends, Request

from cleanplate_directory.actions.passwords import Passwords
from cleanplate_shared.revocation import Revocations


def _passwords(request: Request) -> Passwords:
    passwords: Passwords = request.app.state.passwords
    return passwords


def _revocations(request: Request) -> Revocations:
    revocations: Revocations = request.app.state.revocations
    return revocations


PasswordsDep = Annotated[Passwords, Depends(_passwords)]
RevocationsDep = Annotated[Revocations, Depends(_revocations)]
