"""Code that lifts rights too early, or lets strangers in, is found."""

import pytest
from crmsuite import lint_rights

BAD = {
    "sudo in a public method": """
class A:
    def action_x(self):
        return self.sudo().unlink()
""",
    "the check comes too late": """
class A:
    def action_x(self):
        self.sudo().state = "done"
        self.check_access("write")
""",
    "the same name without the user's rights": """
def _x(self, order):
    order = order.sudo()
""",
    "self without the user's rights": """
def _x(self):
    self = self.sudo()
""",
    "markup from parts": "Markup(f'<b>{name}</b>')",
    "markup from a sum": "Markup('<b>' + name)",
    "markup from a template": "Markup('<b>{}</b>'.format(name))",
    "html as it came": "body = fields.Html(sanitize=False)",
    "a route for everybody": """
class C:
    @http.route("/x", auth="public")
    def x(self):
        pass
""",
    "a route that other sites can use": """
class C:
    @http.route("/x", auth="user", csrf=False)
    def x(self):
        pass
""",
}
GOOD = {
    "check, then sudo": """
class A:
    def action_x(self):
        self.check_access("write")
        self.sudo().state = "done"
""",
    "super checks": """
class A:
    def write(self, vals):
        result = super().write(vals)
        self.env["x"].sudo()._queue(self.ids)
        return result
""",
    "private": """
class A:
    def _x(self):
        return self.sudo().count
""",
    "not for RPC": """
class A:
    @api.private
    def x(self):
        return self.sudo().count
""",
    "a name that says it": "order_sudo = order.sudo()",
    "markup around a value": "Markup('<b>%s</b>') % name",
    "html": "body = fields.Html(sanitize_overridable=False)",
    "a route for users": """
class C:
    @http.route("/x", auth="user")
    def x(self):
        pass
""",
}


@pytest.mark.parametrize("title", BAD)
def test_bad_code_is_found(title):
    assert list(lint_rights.python(BAD[title]))


@pytest.mark.parametrize("title", GOOD)
def test_good_code_is_not(title):
    assert not list(lint_rights.python(GOOD[title]))
