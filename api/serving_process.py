"""The serving process as a program: `python -m api.serving_process`.

What it starts for long calculations loads this file again: so it loads nothing of its own.
"""

if __name__ == "__main__":
    from api.worker import main

    main()
