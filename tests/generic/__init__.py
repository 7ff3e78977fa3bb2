"""Tests that cover every model, field, method, rule and view of ours by themselves.

They ask the registry what there is, so a new model needs no new test. What no registry
can know is in three places: `rows.py` (how a row of a model that refuses generic values
is made), `calls.py` (a valid call of a method that needs arguments) and
`expected/<module>/*.csv` (who may do what). With CRM_REGENERATE=1 the last are written
anew instead of compared; read the difference before committing it.
"""
