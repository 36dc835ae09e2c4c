"""What is in force and kept in every replica: types, schemas, caches, and each policy's state.

Nothing here writes; the next leader finds it warm.
"""
