import json
import os
import subprocess
import sys
import time
import uuid
from contextlib import contextmanager

import httpx
import pytest

from cleanplate_shared.topology import SERVICES
from support.servers import free_port

START = "from cleanplate_gateway.cli import main; main()"
PASSWORD = "a-password-of-my-own"
PATIENCE_SECONDS = 300


@contextmanager
def containers(databases, folder):
    """Every service and the gateway as processes of their own, as compose.yaml starts them."""
    ports = {name: free_port() for name in (*SERVICES, "gateway")}
    peers = json.dumps({name: f"http://127.0.0.1:{ports[name]}" for name in SERVICES})
    running = []
    try:
        for name, port in ports.items():
            prefix = name.upper()
            environment = os.environ | {f"{prefix}_PEERS": peers, "LANG": "en_US.UTF-8"}
            environment["PYTHONPATH"] = os.pathsep.join(sys.path)
            if name != "gateway":
                environment[f"{prefix}_DATABASE_URL"] = databases.url(name)
                environment[f"{prefix}_PEER_KEY"] = "a-key-between-processes"
            command = [sys.executable, "-c", START, "serve", name, "--port", str(port)]
            with (
                (folder / f"{name}.out").open("wb") as out,
                (folder / f"{name}.err").open("wb") as err,
            ):
                running.append(
                    subprocess.Popen(command, env=environment, stdout=out, stderr=err)  # noqa: S603
                )
        yield ports
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(timeout=120)


def until(answer, wanted):
    """Ask again until the answer is as wanted: events and starts take their moment."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            found = answer()
            if wanted(found):
                return found
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    raise AssertionError("it never came")


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def sign_in(directory, user_name, password):
    form = {"username": user_name, "password": password}
    first = directory.post("/api/v1/directory/token", data=form).json()["access_token"]
    change = {"old_password": password, "new_password": PASSWORD}
    answer = directory.post("/api/v1/directory/me/password", json=change, headers=bearer(first))
    return bearer(answer.json()["access_token"])


def one_time_password(folder):
    text = (folder / "directory.out").read_text(encoding="utf-8")
    said = text.partition("password: ")[2]
    return said.split()[0] if "\n" in said else None


def add_cook(directory, admin):
    path = "/api/v1/directory/organizations"
    root = directory.get(path, headers=admin).json()["items"][0]["id"]
    canteen = {"name": "机关第一食堂", "organization_id": root}
    made = directory.post("/api/v1/directory/canteens", json=canteen, headers=admin).json()
    person = {"name": "cook", "number": "C1", "user_name": "cook",
              "grants": [{"role": "cook", "canteen_id": made["id"]}]}  # fmt: skip
    cook = directory.post("/api/v1/directory/people", json=person, headers=admin).json()
    return made["id"], sign_in(directory, "cook", cook["one_time_password"])


@pytest.mark.timeout(1200)
def test_services_in_processes_of_their_own_pass_a_weighing_to_the_report(databases, tmp_path):
    with containers(databases, tmp_path) as ports:
        at = {
            name: httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60)
            for name, port in ports.items()
        }
        until(lambda: at["gateway"].get("/readyz"), lambda r: r.status_code == 200)
        password = until(lambda: one_time_password(tmp_path), bool)
        admin = sign_in(at["directory"], "admin", password)
        canteen, cook = add_cook(at["directory"], admin)

        lunch = {"canteen_id": canteen, "date": "2026-06-02", "meal": "lunch", "capacity": 5,
                 "cutoff_at": "2026-06-02T09:30:00+08:00"}  # fmt: skip
        session = until(
            lambda: at["menu"].post("/api/v1/menu/meal-sessions", json=lunch, headers=admin),
            lambda r: r.status_code == 201,
        ).json()["id"]
        count = f"/api/v1/menu/meal-sessions/{session}/attendance-count"
        assert at["menu"].put(count, json={"served": 4}, headers=cook).is_success
        streams = ("spoilage", "prep_unavoidable", "prep_avoidable", "unserved", "plate")
        items = [{"id": str(uuid.uuid4()), "canteen_id": canteen, "meal_session_id": session,
                  "stream": stream, "gross_grams": 500, "tare_grams": 100, "device_id": "t1",
                  "sequence": number, "weighed_at": "2026-06-02T12:30:00+08:00"}
                 for number, stream in enumerate(streams)]  # fmt: skip
        until(
            lambda: at["waste"].post(
                "/api/v1/waste/weighings:batch", json={"items": items}, headers=cook
            ),
            lambda r: (
                r.is_success
                and {one["outcome"] for one in r.json()["results"]} <= {"created", "duplicate"}
            ),
        )
        query = {"canteen_id": canteen, "month": "2026-06"}
        report = until(
            lambda: at["report"].get("/api/v1/report/monthly", params=query, headers=cook),
            lambda r: r.is_success and r.json()["figures"]["days_complete"] == 1,
        ).json()
        for client in at.values():
            client.close()
    assert report["figures"]["net_grams"] == 5 * 400
    assert report["figures"]["grams_per_diner_meal"] == 5 * 400 / 4
