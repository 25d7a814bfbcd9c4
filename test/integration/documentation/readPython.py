"""Reads a Python program on standard input and prints its resources, calls and outputs as JSON, as YAML programs have them."""

import ast
import json
import re
import sys


def camel_case(name):
    return re.sub(r"_([a-z])", lambda match: match[1].upper(), name)


def value(node):
    """A literal as it is; an attribute of a variable as a reference to it."""
    if isinstance(node, ast.Attribute):
        return "${%s.%s}" % (node.value.id, camel_case(node.attr))
    if isinstance(node, ast.List):
        return [value(item) for item in node.elts]
    if isinstance(node, ast.Dict):
        return {camel_case(key.value): value(item) for key, item in zip(node.keys, node.values)}
    return ast.literal_eval(node)


def arguments(call):
    return {camel_case(keyword.arg): value(keyword.value) for keyword in call.keywords}


program = {"resources": {}, "variables": {}, "outputs": {}}
tree = ast.parse(sys.stdin.read())
for statement in tree.body:
    call = getattr(statement, "value", None)
    if not isinstance(call, ast.Call):
        continue
    module, function = call.func.value.id, call.func.attr
    if module == "pulumi" and function == "export":
        program["outputs"][call.args[0].value] = value(call.args[1])
    elif function.endswith("_output"):
        [target] = statement.targets
        token = "taas:" + camel_case(function.removesuffix("_output"))
        program["variables"][target.id] = {"fn::invoke": {"function": token, "arguments": arguments(call)}}
    else:
        name = call.args[0].value
        assert isinstance(statement, ast.Expr) or statement.targets[0].id == name
        program["resources"][name] = {"type": "taas:" + function, "properties": arguments(call)}
json.dump({part: entries for part, entries in program.items() if entries}, sys.stdout)
