"""`python -m syncengine` is `mentorsync`: what a timer runs, which has no PATH to find the command on."""

from syncengine.cli import main

main()
