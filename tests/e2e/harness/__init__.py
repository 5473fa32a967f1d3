"""What the end-to-end tests stand on: real limpetd processes on loopback, and a client that trusts nothing.

Everything here ends by itself: each wait has a deadline, and every process started dies with the test's process.
"""
