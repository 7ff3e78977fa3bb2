"""Set up, run and check the suite.

The modules used before the virtual environment exists (`paths`, `util`, `checks`,
`cache`, `venv`) import nothing but the standard library.
"""
