"""Cost Explorer's service model as botocore ships it: which requests and answers have the right shape."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from botocore.loaders import Loader
from botocore.model import ListShape, MapShape, OperationModel, ServiceModel, Shape, StringShape, StructureShape
from botocore.validate import ParamValidator

_SCALARS: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "double": (float, int),
    "float": (float, int),
}


@lru_cache(maxsize=1)
def service_model() -> ServiceModel:
    return ServiceModel(Loader().load_service_model("ce", "service-2"), "ce")


def operation_model(operation: str) -> OperationModel | None:
    """The model of an operation, None for one that Cost Explorer does not have."""
    model = service_model()
    return model.operation_model(operation) if operation in model.operation_names else None


def request_problems(operation: OperationModel, parameters: Mapping[str, object]) -> str:
    """What is wrong with a request's shape; '' if nothing is."""
    shape = operation.input_shape
    if shape is None:
        return ""
    report: str = ParamValidator().validate(parameters, shape).generate_report()
    return report


def answer_problems(operation: str, answer: object) -> list[str]:
    """What is wrong with an answer's shape: unknown or missing members, wrong types, values outside an enum."""
    model = operation_model(operation)
    shape = model.output_shape if model else None
    return [f"{operation} has no answer"] if shape is None else list(_problems(answer, shape, "$"))


def _problems(value: object, shape: Shape, path: str) -> Iterator[str]:
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        yield from _structure_problems(value, shape, path)
    elif isinstance(shape, ListShape) and isinstance(value, list):
        for i, item in enumerate(value):
            yield from _problems(item, shape.member, f"{path}[{i}]")
    elif isinstance(shape, MapShape) and isinstance(value, dict):
        for key, item in value.items():
            yield from _problems(key, shape.key, f"{path} key")
            yield from _problems(item, shape.value, f"{path}.{key}")
    elif not isinstance(value, _SCALARS.get(shape.type_name, ())):
        yield f"{path} is {type(value).__name__}, not {shape.type_name}"
    elif isinstance(shape, StringShape) and shape.enum and value not in shape.enum:
        yield f"{path} is {value!r}, not one of {shape.enum}"


def _structure_problems(value: Mapping[str, object], shape: StructureShape, path: str) -> Iterator[str]:
    yield from (f"{path}.{name} is not in the model" for name in value if name not in shape.members)
    yield from (f"{path}.{name} is missing" for name in shape.required_members if name not in value)
    for name, item in value.items():
        if name in shape.members:
            yield from _problems(item, shape.members[name], f"{path}.{name}")
