"""Stands in for the module of the same name that Cortex XSOAR's server puts in front of an integration: its published interface as
far as this integration uses it, with the results as the server gets them."""
import sys

import demistomock as demisto

ERROR_ENTRY, NOTE_ENTRY = 4, 1


class DemistoException(Exception):
    def __init__(self, message, exception=None, res=None):
        self.message, self.exception, self.res = message, exception, res
        super().__init__(message)


class CommandResults:
    def __init__(self, outputs_prefix=None, outputs_key_field=None, outputs=None, raw_response=None, readable_output=None):
        self.entry = {
            "Type": NOTE_ENTRY,
            "Contents": raw_response,
            "HumanReadable": readable_output,
            "EntryContext": {f"{outputs_prefix}(val.{outputs_key_field} && val.{outputs_key_field} == obj.{outputs_key_field})": outputs},
        }


def return_results(results):
    demisto.results(results.entry if isinstance(results, CommandResults) else results)


def return_error(message, error="", outputs=None):
    demisto.error(message)
    demisto.results({"Type": ERROR_ENTRY, "Contents": str(message), "EntryContext": outputs})
    sys.exit(0)


def argToBoolean(value):
    if isinstance(value, bool):
        return value
    words = {"true": True, "yes": True, "false": False, "no": False}
    if str(value).lower() not in words:
        raise ValueError("Argument does not contain a valid boolean-like value")
    return words[str(value).lower()]


def argToList(arg, separator=","):
    import json

    if not arg:
        return []
    if isinstance(arg, list):
        return arg
    if arg[0] == "[" and arg[-1] == "]":
        return json.loads(arg)
    return [part.strip() for part in arg.split(separator)]


def arg_to_number(arg, arg_name=None, required=False):
    if arg is None or arg == "":
        if required:
            raise ValueError(f'Missing "{arg_name}"')
        return None
    if isinstance(arg, str) and arg.isdigit() or isinstance(arg, int):
        return int(arg)
    raise ValueError(f'Invalid number: "{arg_name}"="{arg}"')


def handle_proxy(proxy_param_name="proxy", checkbox_default_value=False, handle_insecure=True):
    import os

    if not argToBoolean(demisto.params().get(proxy_param_name) or False):
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
            os.environ.pop(name, None)


def tableToMarkdown(name, table, headers=None):
    return f"### {name}\n" + "\n".join(f"|{key}|{table.get(key)}|" for key in headers or table)
