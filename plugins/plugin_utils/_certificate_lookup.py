# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the lookups of certificates have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase
from ansible_collections.neursafe.fl.plugins.plugin_utils import _certificate_store as store
from ansible_collections.neursafe.fl.plugins.plugin_utils._certificates import CertificateError

# Set by a preflight before a renewal: the authority is looked at as if it were gone.
RENEWS = "__nsfl_renews_authority"


class CertificateLookup(LookupBase):
    """Answers about certificates; what is wrong with one is an error of the lookup."""

    def run(self, terms: list[str], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[Any]:
        self.set_options(var_options=variables, direct=kwargs)
        try:
            return self.answers(terms, variables or {})
        except CertificateError as error:
            raise AnsibleLookupError(str(error)) from error

    def answers(self, terms: list[str], variables: dict[str, Any]) -> list[Any]:
        raise NotImplementedError

    def value(self, name: str) -> Any:
        """An option. A variable comes as it was written, which may be in terms of other variables."""
        return self._worked_out(self.get_option(name))

    def settings(self, variables: Mapping[str, Any]) -> store.Settings:
        """What the inventory says of certificates."""
        return store.settings(variables, self.value, renews=store.is_on(self._worked_out(variables.get(RENEWS, False))))

    def _worked_out(self, value: Any) -> Any:
        return self._templar.template(value) if self._templar else value
