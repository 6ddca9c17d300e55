"""Cuts GitHub's GraphQL schema down to the fields that our operations select (a part of extract_descriptions.py)."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import cast

from graphql import (
    FieldNode,
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    build_schema,
    get_named_type,
    is_specified_scalar_type,
    parse,
    print_ast,
)

Used = dict[str, set[str]]  # names of selected fields by the name of their type; leaf and input types have none


def stripped_sdl(sdl: str, operations: Iterable[str]) -> str:
    """The part of `sdl` that `operations` need, without prose and directives.

    An operation is one line, `query repository { pullRequest { id } }`: kind, field of the root type, and what is
    selected of it, without arguments. Selected fields keep all their arguments, input objects and enums stay whole.
    Raises KeyError for a type or field that the schema does not know, TypeError if the result were no valid schema.
    """
    schema = build_schema(sdl, assume_valid=True)
    used: Used = defaultdict(set)
    for line in operations:
        kind, _, selection = line.partition(" ")
        root = schema.query_type if kind == "query" else schema.mutation_type
        operation = cast(OperationDefinitionNode, parse(f"{kind} {{ {selection} }}").definitions[0])
        select(schema, cast(GraphQLObjectType, root), operation.selection_set, used)
    for name in list(used):
        for interface in interfaces_of(schema.type_map[name], used):
            used[name] |= used[interface]
    text = "\n\n".join(print_type(schema.type_map[name], used) for name in sorted(used)) + "\n"
    build_schema(text)
    return text


def select(schema: GraphQLSchema, parent: GraphQLNamedType, selection: SelectionSetNode, used: Used) -> None:
    """Note in `used` what `selection` takes from `parent`, and every type that this brings in."""
    fields = used[parent.name]
    for node in selection.selections:
        if isinstance(node, InlineFragmentNode) and node.type_condition:
            select(schema, schema.type_map[node.type_condition.name.value], node.selection_set, used)
        elif isinstance(node, FieldNode):
            name = node.name.value
            field = cast(GraphQLObjectType | GraphQLInterfaceType, parent).fields[name]
            fields.add(name)
            take_inputs(field.args.values(), used)
            target = get_named_type(field.type)
            if node.selection_set:
                select(schema, target, node.selection_set, used)
            elif not is_specified_scalar_type(target):
                used[target.name] |= set()


def take_inputs(inputs: Iterable[GraphQLArgument | GraphQLInputField], used: Used) -> None:
    """Note the types of arguments and of input fields, with what they contain."""
    for entry in inputs:
        kind = get_named_type(entry.type)
        if is_specified_scalar_type(kind) or kind.name in used:
            continue
        used[kind.name] = set()
        if isinstance(kind, GraphQLInputObjectType):
            take_inputs(kind.fields.values(), used)


def interfaces_of(kind: GraphQLNamedType, used: Used) -> Iterator[str]:
    """Names of the interfaces that `kind` implements, as far as we use them. The root is a Node only in name."""
    if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType) and kind.name != "Query":
        yield from sorted(interface.name for interface in kind.interfaces if used.get(interface.name))


def print_type(kind: GraphQLNamedType, used: Used) -> str:
    """One definition of the stripped schema."""
    match kind:
        case GraphQLObjectType() | GraphQLInterfaceType():
            word = "type" if isinstance(kind, GraphQLObjectType) else "interface"
            implemented = " & ".join(interfaces_of(kind, used))
            fields = {name: kind.fields[name] for name in sorted(used[kind.name])}
            return f"{word} {kind.name}{implemented and ' implements ' + implemented}{print_fields(fields)}"
        case GraphQLInputObjectType():
            return f"input {kind.name}{print_fields(kind.fields)}"
        case GraphQLEnumType():
            return f"enum {kind.name} {{\n" + "".join(f"  {value}\n" for value in sorted(kind.values)) + "}"
        case GraphQLUnionType():
            members = sorted(member.name for member in kind.types if member.name in used)
            return f"union {kind.name} = {' | '.join(members)}"
        case _:
            return f"scalar {kind.name}"


def print_fields(fields: Mapping[str, GraphQLField | GraphQLInputField]) -> str:
    """The braces of an object, interface or input, with one field a line."""
    lines = []
    for name, field in fields.items():
        arguments = field.args if isinstance(field, GraphQLField) else {}
        listed = ", ".join(f"{key}: {print_input(argument)}" for key, argument in arguments.items())
        kind = print_input(field) if isinstance(field, GraphQLInputField) else str(field.type)
        lines.append(f"  {name}{listed and '(' + listed + ')'}: {kind}\n")
    return " {\n" + "".join(lines) + "}"


def print_input(entry: GraphQLArgument | GraphQLInputField) -> str:
    """The type of an argument or input field, and its default if it has one."""
    default = entry.ast_node.default_value if entry.ast_node else None
    return f"{entry.type}" + (f" = {print_ast(default)}" if default else "")
