"""What Tracecat registers from this package."""

from custom_actions import defender as defender
