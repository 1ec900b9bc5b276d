"""Several servers that share one start: `python -m support.forked module:function 8001 8002`.

What takes long, importing, is done once; each port has a process of its own.
"""

import importlib
import os
import sys

import uvicorn


def main() -> None:
    """Serve an application on each of the ports, until this process's group is killed."""
    factory, *ports = sys.argv[1:]
    module, _, function = factory.partition(":")
    create_app = getattr(importlib.import_module(module), function)
    for port in ports[1:]:
        if os.fork() == 0:
            ports = [port]
            break
    uvicorn.run(create_app(), port=int(ports[0]), access_log=False, log_level="error")


if __name__ == "__main__":
    main()
