"""What the connectors for Google's services share: signing in, carrying calls, and saying what went wrong.

Not a connector: it has no entry point. Importing the package loads nothing of Google's; its modules do.
"""
