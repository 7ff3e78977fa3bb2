"""What the campaigns of the demo say."""

from typing import NamedTuple

LAPSING = "Lapsing valuable customers"
JAZZ, CLASSICS = "Jazz box for old friends", "Classics, two for one winter"
MAIL = """<p>Dear {{{{ name }}}},</p>
<p>we have not heard of each other for a while. {greeting}</p>
<p><b>{{{{ products }}}}: {{{{ price }}}}, until {{{{ valid_until }}}}.</b>
{{{{ conditions }}}}</p>
<p><a href="{link}">Look at it and order</a></p>
<p>{{{{ our_company }}}}</p>
<p>How we may write to you: {{{{ preferences }}}}</p>"""
CALL = """<p>Good morning, I am calling for {{ our_company }}. You bought from us and we
have not heard of you for a while. Is there anything we should have done better?</p>
<p>Offer: {{ products }}: {{ price }}, until {{ valid_until }}. {{ conditions }}</p>
<p>If they do not want to be called again: enter it under Consents at once.</p>"""
FAIR = "address,channel,purpose,change,source,text_version"


class Plan(NamedTuple):
    """A campaign of the demo, and how far it has come.

    :param until: decisions that are taken; see ``WAY``
    """

    name: str
    brief: str
    goal: str
    offer: str | None
    until: str
    kind: str = "email"
    segment: str = LAPSING
    holdout: int = 10
    budget: float = 60.0
    rate: float = 5.0
    margin: float = 18.0


# Who takes which decision, in this order.
WAY = {
    "submit": "campaign",
    "accept": "segmentation",
    "submit_design": "campaign",
    "approve_budget": "vp",
    "approve_contact": "segmentation",
    "launch": "channel",
}
WON = Plan(
    "Jazz box to the lapsing valuable ones",
    "They spent more than 100 with us and have bought nothing for 90 days; before that "
    "they bought every six weeks. One in twenty comes back by itself.",
    "One in ten of them buys again within a month.",
    JAZZ,
    "launch",
    holdout=25,
)
RUNNING = Plan(
    "Classics to the lapsing valuable ones",
    "Those whom jazz did not move bought classical music before.",
    "Fifteen of them buy again.",
    CLASSICS,
    "launch",
)
WAITING = (
    Plan(
        "Call the silent among the best",
        "Whoever does not read mails may still pick up the telephone.",
        "We know of each whether it is lost, and why.",
        JAZZ,
        "approve_budget",
        kind="phone",
        budget=1200.0,
        rate=8.0,
    ),
    Plan(
        "Classics to good customers gone quiet",
        "Bought often, but long ago. A small group, so the cost is small as well.",
        "Two of them come back.",
        CLASSICS,
        "submit_design",
        segment="Good customers gone quiet",
        holdout=0,
    ),
    Plan(
        "First to hear: the spring catalogue",
        "The best customers ask for news before anybody else has them.",
        "A third of them orders in the first week.",
        None,
        "",
        segment="Best customers",
        budget=100.0,
    ),
)
REFUSED_PLAN = Plan(
    "A mail a week to all who are lapsing",
    "Who hears of us every week does not forget us.",
    "More orders.",
    CLASSICS,
    "approve_budget",
    budget=500.0,
)
WHY_REFUSED = "They would hear of us more often than they buy. Ask again for one mail."
LEARNED = (
    "Whoever bought three times or more comes back, single buyers do not. Ask those "
    "who answered what they miss in the shop. Next time: classics."
)
