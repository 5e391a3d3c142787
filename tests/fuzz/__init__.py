"""A stateful fuzzer of `fastagency.v1`: any order of what clients do, over real sockets."""
