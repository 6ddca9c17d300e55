"""The verbs that change the state: each does one thing that a person, an App or a push can do, and tells who listens.

Every function takes the room first and holds its lock while it works. REST, GraphQL, git and the tests all come here.
"""
