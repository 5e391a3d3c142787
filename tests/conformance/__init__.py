"""The conformance suite: session cases that judge any client and any server of the protocol.

`python -m conformance --help` lists what it can do; README.md beside this file says how to put a client or
a server to it. Nothing here imports the project's own runtimes or generated code: a case is judged from
`spec/` alone.
"""
