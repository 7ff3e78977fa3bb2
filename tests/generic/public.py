"""What anybody who can log in can call: the public methods of our modules."""

import inspect
from typing import NamedTuple

from odoo.models import BaseModel

from .ground import MODULES


class PublicMethod(NamedTuple):
    """A method of ours that both RPC interfaces offer."""

    module: str
    model: str
    name: str
    overrides: bool  # Odoo has a method of that name there: no new door
    model_level: bool  # called without ids

    @property
    def key(self) -> tuple[str, str]:
        """Return what names the method."""
        return self.model, self.name


def public_methods(env) -> list[PublicMethod]:
    """Return the public methods that modules of ours define, on any model.

    Those that every model has (create, write, ...) are what the access matrix is about.
    """
    found = []
    for model, model_class in sorted(env.registry.items()):
        names = {
            name
            for definition in model_class.mro()
            if getattr(definition, "_module", None) in MODULES
            for name in vars(definition)
        }
        for name in sorted(names):
            if not is_callable_by_rpc(model_class, name) or hasattr(BaseModel, name):
                continue
            found.append(_describe(model, model_class, name))
    return found


def is_callable_by_rpc(model_class, name: str) -> bool:
    """Tell what Odoo's RPC layer would say."""
    if name.startswith("_") or not inspect.isfunction(getattr(model_class, name, None)):
        return False
    functions = (getattr(part, name, None) for part in model_class.mro())
    return not any(getattr(function, "_api_private", False) for function in functions)


def _describe(model: str, model_class, name: str) -> PublicMethod:
    definers = [
        definition._module
        for definition in model_class.mro()
        if name in vars(definition) and getattr(definition, "_module", None)
    ]
    ours = [module for module in definers if module in MODULES]
    return PublicMethod(
        module=ours[-1],
        model=model,
        name=name,
        overrides=len(ours) < len(definers),
        model_level=bool(getattr(getattr(model_class, name), "_api_model", False)),
    )


def parameters(env, method: PublicMethod) -> dict[str, inspect.Parameter]:
    """Return the parameters a caller can give."""
    function = getattr(env.registry[method.model], method.name)
    found = dict(inspect.signature(function).parameters)
    found.pop("self", None)
    return found
