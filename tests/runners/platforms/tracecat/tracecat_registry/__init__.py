"""Stands in for Tracecat's registry package, which is on no index: as much of its documented interface as a custom action uses."""


class RegistrySecret:
    def __init__(self, name, keys=None, optional_keys=None, optional=False):
        self.name, self.keys, self.optional_keys, self.optional = name, keys or [], optional_keys or [], optional


class _Registry:
    def __init__(self):
        self.actions = {}

    def register(self, *, default_title, display_group, description, namespace, secrets=None, **more):
        if more:
            raise TypeError(f"unknown arguments {sorted(more)}")

        def registered(function):
            self.actions[f"{namespace}.{function.__name__}"] = (function, secrets or [])
            return function

        return registered


class _Secrets:
    """The executor puts a workspace's secrets there before it calls an action."""

    values = {}

    def get(self, key):
        return self.values[key]

    def get_or_default(self, key, default=None):
        return self.values.get(key, default)


registry, secrets = _Registry(), _Secrets()
