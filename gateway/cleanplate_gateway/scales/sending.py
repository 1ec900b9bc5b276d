"""From the file on this computer to the ledger: in batches, each record counted once."""

import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from uuid import UUID

import httpx

from cleanplate_gateway.scales.outbox import Kind, Outbox
from cleanplate_shared.clock import now
from cleanplate_shared.contracts.common import BatchResult

_API = "/api/v1"
_MOST_ITEMS = 200
_TIMEOUT_SECONDS = 20.0
_REST_SECONDS, _LONGEST_REST = 2.0, 60.0


class State(StrEnum):
    """How sending stands."""

    SENT = "sent"
    AWAY = "away"  # the server does not answer; it is waited for
    SIGN_IN_REFUSED = "sign_in_refused"
    REFUSED = "refused"  # the server refuses the whole batch
    REJECTED = "rejected"  # some records; they are kept, with the reason


@dataclass(frozen=True)
class Account:
    """Where the ledger is, and who sends.

    Attributes:
        url: of the server, as in `https://192.168.1.20:8000`.
        authority: the file of the authority to trust; None: those that the system trusts.
    """

    url: str
    user_name: str
    password: str
    authority: Path | None

    def client(self) -> httpx.Client:
        """Return a client that trusts the authority."""
        context = ssl.create_default_context(cafile=self.authority)
        return httpx.Client(base_url=self.url, verify=context, timeout=_TIMEOUT_SECONDS)


class SignInRefused(Exception):  # noqa: N818
    """User name or password is wrong, or there were too many attempts."""


class Ledger:
    """The server's routes that a scale needs, as one signed-in person."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._client = account.client()
        self._token: str | None = None

    def canteens(self) -> dict[str, UUID]:
        """Return the canteens by name.

        Raises:
            httpx.HTTPError: the server is away, or refuses.
            SignInRefused: nobody is signed in.
        """
        answer = self._ask("GET", f"{_API}/directory/canteens", None).raise_for_status()
        return {one["name"]: UUID(one["id"]) for one in answer.json()["items"]}

    def send(self, kind: Kind, items: list[dict[str, object]]) -> BatchResult:
        """Send records; what became of each.

        Raises:
            httpx.HTTPError: the server is away, or refuses.
            SignInRefused: nobody is signed in.
        """
        body: dict[str, object] = {"items": items}
        if kind is Kind.WEIGHING:
            body["sent_at"] = now().isoformat()
        answer = self._ask("POST", f"{_API}/waste/{kind.value}:batch", body)
        return BatchResult.model_validate_json(answer.raise_for_status().content)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _ask(self, method: str, path: str, body: object) -> httpx.Response:
        for is_last in (False, True):
            token = self._token or self._sign_in()
            headers = {"Authorization": f"Bearer {token}"}
            answer = self._client.request(method, path, json=body, headers=headers)
            if answer.status_code != httpx.codes.UNAUTHORIZED or is_last:
                break
            self._token = None
        return answer

    def _sign_in(self) -> str:
        who = {"username": self._account.user_name, "password": self._account.password}
        answer = self._client.post(f"{_API}/directory/token", data=who)
        if answer.is_client_error:
            raise SignInRefused
        self._token = str(answer.raise_for_status().json()["access_token"])
        return self._token


class Sending:
    """Sends what is on disk, in a thread of its own, until it is stopped."""

    def __init__(self, file: Path, account: Account, tell: Callable[[State, str], None]) -> None:
        self._file = file
        self._account = account
        self._tell = tell
        self._told: State | None = None
        self._something = threading.Event()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sending", daemon=True)

    def __enter__(self) -> "Sending":
        """Begin to send."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Let the batch under way end."""
        self._over.set()
        self._something.set()
        self._thread.join(_TIMEOUT_SECONDS)

    def wake(self) -> None:
        """Say that there is something to send."""
        self._something.set()

    def _run(self) -> None:
        outbox, ledger = Outbox(self._file), Ledger(self._account)
        rest = _REST_SECONDS
        try:
            while True:
                self._something.clear()
                is_well = send_waiting(outbox, ledger, self._say)
                if self._over.is_set():
                    return
                rest = _REST_SECONDS if is_well else min(rest * 2, _LONGEST_REST)
                (self._something if is_well else self._over).wait(rest)
        finally:
            ledger.close()
            outbox.close()

    def _say(self, state: State, detail: str) -> None:
        known, self._told = self._told, state
        if state is not known or state is State.REJECTED:
            self._tell(state, detail)


def send_waiting(outbox: Outbox, ledger: Ledger, say: Callable[[State, str], None]) -> bool:
    """Send all that waits, and tell how it stands; return whether nothing is left to send."""
    try:
        for kind in Kind:
            _send_all(kind, outbox, ledger, say)
    except SignInRefused:
        say(State.SIGN_IN_REFUSED, "")
    except httpx.HTTPStatusError as error:
        is_away = error.response.is_server_error
        say(State.AWAY if is_away else State.REFUSED, str(error.response.status_code))
    except httpx.HTTPError as error:
        say(State.AWAY, str(error))
    else:
        return True
    return False


def _send_all(
    kind: Kind, outbox: Outbox, ledger: Ledger, say: Callable[[State, str], None]
) -> None:
    while items := outbox.waiting(kind, _MOST_ITEMS):
        results = ledger.send(kind, items).results
        outbox.settle(results)
        say(State.SENT, "")
        for one in results:
            if one.problem:
                say(State.REJECTED, one.problem.detail)
