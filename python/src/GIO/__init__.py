"""Drop-in for grad-info-opt: the same calls and results, computed by gio4j."""

from gio4j._import_name import warn_of_grad_info_opt

warn_of_grad_info_opt(__file__)
