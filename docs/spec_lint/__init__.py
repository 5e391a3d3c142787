"""Readers that find faults in the spec."""
