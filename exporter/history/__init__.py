"""The past: every counter, histogram and level at past times, from the rows, with the live definitions."""
