"""Run as `python -I -S .../supervisor/__main__.py SOCKET GRACE`."""

import sys

if __name__ == "__main__":
    # Without site there is no path to our own files. Last, so that nothing hides a standard module.
    sys.path.append(__file__.rsplit("/weftwork/", 1)[0])
    from weftwork.process.supervisor.loop import main

    main(int(sys.argv[1]), float(sys.argv[2]))
