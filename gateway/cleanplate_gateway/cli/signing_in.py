"""What is said once, when a new installation gets its administrator."""

from cleanplate_gateway.cli.output import say
from cleanplate_gateway.cli.texts import _
from cleanplate_gateway.embedded import OneTimeSignIn


def tell_first_sign_in(first: OneTimeSignIn) -> None:
    """Show the administrator's one-time password; it is nowhere else."""
    say(
        _(
            "Administrator: {user}   one-time password: {password}",
            user=first.user_name,
            password=first.password,
        )
    )
    say(_("It is shown only now, and must be changed at the first sign-in."))
