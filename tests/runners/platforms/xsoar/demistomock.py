"""Stands in for the module that Cortex XSOAR's server puts beside an integration: what it hands on, and what is handed back."""
import json
import sys

call = json.load(sys.stdin)
told = {"results": [], "log": []}


def params():
    return call["params"]


def args():
    return call["args"]


def command():
    return call["command"]


def results(value):
    told["results"].append(value)


def info(*words):
    told["log"].append(" ".join(map(str, words)))


debug = error = info
