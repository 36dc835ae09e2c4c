"""How many deletions may happen without a person, and against whose share."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusterimport.controllers.deletions.budget import (
    WINDOW_SECONDS,
    Account,
    Books,
    BudgetVerdict,
    Loss,
)
from clusterimport.model.policy import DEFAULT_MAX_DELETIONS, MaxDeletions

NOW = 1_800_000_000.0
START = NOW - WINDOW_SECONDS
OLD = START - 1.0


def judge(tenant, accounts, now, maximum=DEFAULT_MAX_DELETIONS):
    """Judge what a tenant asks for, and compare with books in which it asked for nothing yet."""
    found = Books(accounts, maximum, now).judge(tenant, accounts[tenant])
    others = {name: each for name, each in accounts.items() if name != tenant}
    assert Books(others, maximum, now).judge(tenant, accounts[tenant]).share == found.share
    return found.verdict


def share_of(one, now):
    """Return how many of its clusters the only tenant may lose."""
    return Books({"one": one}, DEFAULT_MAX_DELETIONS, now).judge("one", one).share


def account(clusters, asked=0, lost=0, *, came=OLD):
    """Return an account whose clusters all came at one moment."""
    return Account(
        clusters=clusters,
        young=(came,) * (clusters - asked) if came > START else (),
        asked=(came,) * asked,
        lost=(Loss(came, NOW - 1.0),) * lost,
    )


def verdict(one, **others):
    """Judge what the tenant ``one`` asks for."""
    return judge("one", {"one": one, **others}, NOW)


@pytest.mark.parametrize("came", [OLD, START + 1.0], ids=["old", "young"])
@pytest.mark.parametrize(
    ("new", "past", "clusters", "is_allowed"),
    [
        (5, 0, 5, True),
        (6, 0, 6, False),
        (5, 0, 50, True),
        (6, 0, 50, False),
        (10, 0, 100, True),
        (11, 0, 100, False),
        (1, 10, 90, False),
        (1, 9, 91, True),
        (2, 9, 91, False),
        (1000, 0, 20_000, True),
        (1001, 0, 20_000, False),
    ],
)
def test_t53_one_tenant_may_lose_five_or_a_tenth(came, new, past, clusters, *, is_allowed):
    """More than max(5, 10 %) of the window's start, and ever more than 1000, waits for a person.

    Also right after a first installation, when nothing has stood for ten minutes.
    """
    found = verdict(account(clusters, new, past, came=came))

    assert (found is BudgetVerdict.WITHIN) is is_allowed
    assert found is not BudgetVerdict.OVER_POLICY


def test_t53_a_tenth_is_of_the_windows_start():
    """What was lost within the window is added again, what came and went is not."""
    churn = (Loss(START + 1.0, START + 2.0), Loss(START + 3.0, START + 4.0)) * 50

    assert share_of(account(95, lost=5), NOW) == 10
    assert share_of(Account(clusters=90, lost=churn[:2]), NOW) == 9
    assert share_of(Account(clusters=20, lost=(*churn[:2],) * 1), NOW) == 5


@pytest.mark.parametrize("cycles", [1, 5, 500])
def test_t53_churn_does_not_spend_the_budget(cycles):
    """However often one comes and goes, five of those that stay may go as before, and no six."""
    lost = tuple(Loss(START + n, START + n + 0.5) for n in range(1, cycles + 1))
    five = Account(clusters=20, asked=(OLD,) * 5, lost=lost)
    six = Account(clusters=20, asked=(OLD,) * 6, lost=lost)
    again = Account(clusters=21, asked=(NOW - 3.0,), lost=lost)

    assert verdict(five) is BudgetVerdict.WITHIN
    assert verdict(six) is BudgetVerdict.OVER_SHARE
    assert verdict(again) is BudgetVerdict.WITHIN


def test_t53_an_exchange_within_a_second_is_one():
    """Times have whole seconds: what came in the one in which others went was not beside them."""
    lost = (Loss(NOW - 90.0, NOW - 60.0),) * 3 + (Loss(NOW - 60.0, NOW - 30.0),) * 3

    assert verdict(Account(clusters=1, asked=(NOW - 20.0,), lost=lost)) is BudgetVerdict.WITHIN


def test_t53_young_clusters_that_go_one_by_one_are_a_mass_deletion():
    """Twenty were imported together a minute ago: the sixth to go waits, in whatever steps."""
    for gone in range(6):
        lost = tuple(Loss(NOW - 60.0, NOW - 50.0 + n) for n in range(gone))
        one = Account(
            clusters=20 - gone, young=(NOW - 60.0,) * (19 - gone), asked=(NOW - 60.0,), lost=lost
        )
        assert (verdict(one) is BudgetVerdict.WITHIN) is (gone < 5), gone


def test_t53_old_clusters_are_not_exchanged():
    """Five old ones went and five others came: the sixth old one waits, as ever."""
    one = Account(
        clusters=20,
        young=(NOW - 30.0,) * 5,
        asked=(OLD,),
        lost=(Loss(OLD, NOW - 60.0),) * 5,
    )

    assert verdict(one) is BudgetVerdict.OVER_SHARE


def test_t53_a_set_that_is_exchanged_at_one_time_is_held():
    """Another selector takes thirty new ones: the thirty young ones before are not churn."""
    one = Account(clusters=60, young=(NOW - 3.0,) * 30, asked=(NOW - 300.0,) * 30)

    assert verdict(one) is BudgetVerdict.OVER_SHARE


@pytest.mark.parametrize("skew", [-30.0, -5.0, 5.0])
def test_t53_the_servers_clock_may_differ_a_little(skew):
    """What seems to have come some seconds earlier or later is no other set for that."""
    came = NOW - 20.0 + skew
    lost = tuple(Loss(came, NOW - 14.0 + n) for n in range(5))
    one = Account(clusters=15, young=(came,) * 14, asked=(came,), lost=lost)

    assert verdict(one) is BudgetVerdict.OVER_SHARE


def test_what_seems_to_come_after_it_went_stood_when_it_went():
    """A clock that is far ahead makes no cluster vanish from the count."""
    lost = (Loss(NOW + 60.0, NOW - 10.0),) * 6

    assert verdict(Account(clusters=1, asked=(NOW - 20.0,), lost=lost)) is BudgetVerdict.OVER_SHARE


@pytest.mark.parametrize("came", [OLD, START + 1.0], ids=["old", "young"])
@pytest.mark.parametrize(
    ("namespaces", "each", "total", "held"),
    [
        (500, 3, 3, True),
        (500, 1, 3, True),
        (50, 3, 3, True),
        (10, 5, 50, False),
        (10, 5, 40, True),
        (3, 3, 3, True),
        (2, 5, 5, False),
        (7, 1, 2, True),
        (6, 1, 2, False),
    ],
)
def test_t53_a_mistake_over_many_namespaces_is_held(came, namespaces, each, total, *, held):
    """Together they may lose what the policy may, and one of them in addition."""
    accounts = {f"n{n}": account(total, each, came=came) for n in range(namespaces)}
    found = {judge(tenant, accounts, NOW) for tenant in [*accounts][:3]}

    assert found == {BudgetVerdict.OVER_POLICY if held else BudgetVerdict.WITHIN}


@pytest.mark.parametrize("came", [OLD, START + 1.0], ids=["old", "young"])
def test_t53_who_exceeds_his_share_counts_for_no_more_than_that(came):
    """Two namespaces want to lose all they have and are held: a third one's two may go."""
    worst, bad = account(100, 100, came=came), account(50, 50, came=came)

    assert verdict(account(5, 2, came=came), worst=worst, bad=bad) is BudgetVerdict.WITHIN


def test_t53_what_went_one_namespace_after_the_other_adds_up():
    """Three of each: the policy's limit and the one that is left out go, the next ones wait."""
    for came in (OLD, START + 1.0):
        accounts = {f"n{n}": account(3, came=came) for n in range(100)}
        gone = 0
        for tenant in accounts:
            accounts[tenant] = account(3, 3, came=came)
            if judge(tenant, accounts, NOW) is BudgetVerdict.WITHIN:
                accounts[tenant] = account(0, lost=3, came=came)
                gone += 3
        assert gone == 33


def test_t53_short_lived_clusters_in_many_namespaces_do_not_spend_the_policys_budget():
    """One job in each of forty namespaces, one after another: a person's two deletions go."""
    accounts = {
        f"n{n}": Account(clusters=1, lost=(Loss(START + 10 * n, START + 10 * n + 45.0),))
        for n in range(1, 41)
    }
    accounts["one"] = account(3, 2)
    assert judge("one", accounts, NOW) is BudgetVerdict.WITHIN

    # Nor do they together with one tenant's worst, which is left out.
    accounts["worst"] = account(5, 5, came=START + 1.0)
    assert judge("one", accounts, NOW) is BudgetVerdict.WITHIN
    assert judge("worst", accounts, NOW) is BudgetVerdict.WITHIN


moments = st.floats(START - 100.0, NOW)
past = st.builds(lambda a, b: Loss(min(a, b), max(a, b, START + 1.0)), moments, moments)
quiet = st.builds(
    lambda young, old: Account(clusters=old + len(young), young=tuple(young)),
    st.lists(st.floats(START + 1.0, NOW), max_size=8),
    st.integers(0, 80),
)


@st.composite
def any_account(draw):
    """Return any tenant, whatever it has done."""
    asked = tuple(draw(st.lists(moments, max_size=30)))
    young = tuple(draw(st.lists(st.floats(START + 1.0, NOW), max_size=30)))
    lost = tuple(draw(st.lists(past, max_size=30)))
    old = draw(st.integers(0, 200))
    return Account(old + len(asked) + len(young), young, asked, lost)


others = st.dictionaries(st.sampled_from("bcdef"), any_account(), min_size=1, max_size=5)


@given(worst=any_account(), accounts=others)
def test_t53_what_the_others_may_do_alone_they_may_do_beside_anybody(worst, accounts):
    """If all that the others lose fits the policy without him, one tenant holds nothing of it."""
    spent = sum(len(each.asked) + len(each.lost) for each in accounts.values())
    if spent > DEFAULT_MAX_DELETIONS.of(sum(each.clusters for each in accounts.values())):
        return
    for tenant in accounts:
        alone = judge(tenant, {tenant: accounts[tenant]}, NOW)
        assert judge(tenant, {**accounts, "a": worst}, NOW) is alone


@given(
    worst=any_account(),
    few=st.integers(1, 5),
    accounts=st.dictionaries(st.sampled_from("bcdef"), quiet, max_size=5),
)
def test_t53_one_tenants_worst_holds_nobodys_few(worst, few, accounts):
    """Whatever one tenant does, the only other one that deletes may delete five."""
    one = account(max(few, 3), few)

    assert judge("one", {**accounts, "one": one, "a": worst}, NOW) is BudgetVerdict.WITHIN


@given(worst=any_account(), accounts=others)
def test_t53_nobody_lends_another_his_share(worst, accounts):
    """Who exceeds his own share is held, whoever else is there."""
    alone = judge("a", {"a": worst}, NOW)
    together = judge("a", {**accounts, "a": worst}, NOW)

    assert (together is BudgetVerdict.OVER_SHARE) is (alone is BudgetVerdict.OVER_SHARE)


@given(st.dictionaries(st.integers(0, 40), st.integers(1, 12), min_size=2), st.booleans())
def test_t53_what_goes_at_once_is_bounded_by_the_policys_share_and_one_tenants(sizes, is_young):
    """An emptied platform of any shape loses at most that before somebody is asked."""
    came = START + 1.0 if is_young else OLD
    accounts = {str(name): account(size, size, came=came) for name, size in sizes.items()}
    going = {
        tenant: len(each.asked)
        for tenant, each in accounts.items()
        if judge(tenant, accounts, NOW) is BudgetVerdict.WITHIN
    }
    if going:
        assert sum(going.values()) <= DEFAULT_MAX_DELETIONS.of(sum(sizes.values())) + max(
            going.values()
        )


@given(
    clusters=st.integers(0, 300), new=st.integers(1, 60), lost=st.integers(0, 60), data=st.data()
)
def test_t53_a_policy_with_one_tenant_is_judged_as_ever(clusters, new, lost, data):
    """For clusters that have stood: new + past <= max(5, 10 % of the window's start)."""
    new = min(new, clusters)
    found = verdict(account(clusters, new, lost))

    assert (found is BudgetVerdict.WITHIN) is (new + lost <= max(5, int(0.1 * (clusters + lost))))


@pytest.mark.parametrize("came", [OLD, START + 1.0], ids=["old", "young"])
@pytest.mark.parametrize(
    ("maximum", "clusters", "most"),
    [
        (MaxDeletions(0), 500, 0),
        (MaxDeletions(2), 500, 2),
        (MaxDeletions(20), 30, 20),
        (MaxDeletions(0, is_percentage=True), 500, 0),
        (MaxDeletions(10, is_percentage=True), 39, 3),
        (MaxDeletions(50, is_percentage=True), 39, 19),
        (MaxDeletions(100, is_percentage=True), 39, 39),
        (MaxDeletions(100, is_percentage=True), 3000, 1000),
        (DEFAULT_MAX_DELETIONS, 39, 5),
        (DEFAULT_MAX_DELETIONS, 500, 50),
    ],
)
def test_t13_a_policy_says_how_many_may_go(came, maximum, clusters, most):
    """A number, or a share that is rounded down; 0 has every deletion wait for a person."""
    for asked in {most, most + 1} & set(range(1, clusters + 1)):
        accounts = {"one": account(clusters, asked, came=came)}
        assert (judge("one", accounts, NOW, maximum) is BudgetVerdict.WITHIN) is (asked == most)


def test_t13_a_namespace_may_lose_five_of_few_but_no_more_than_the_policy():
    """A tenth of a hundred namespaces with one cluster each is ten of them, and not none."""
    tenth, two = MaxDeletions(10, is_percentage=True), MaxDeletions(2)
    accounts = {f"n{n}": account(1, int(n < 10)) for n in range(100)}
    assert judge("n0", accounts, NOW, tenth) is BudgetVerdict.WITHIN
    assert judge("n0", accounts, NOW, two) is BudgetVerdict.OVER_POLICY
    few = {"one": account(20, 3), "two": account(20)}
    assert judge("one", few, NOW, two) is BudgetVerdict.OVER_SHARE
    assert judge("one", {**few, "one": account(20, 2)}, NOW, two) is BudgetVerdict.WITHIN


@given(worst=any_account(), accounts=others)
def test_t02_books_that_are_a_moment_old_judge_as_new_ones(worst, accounts):
    """What the judged tenant asks for by now replaces what the books have of it."""
    young = (*worst.young, *(created for created in worst.asked if created > START))
    unasked = {**accounts, "a": Account(worst.clusters, young, (), worst.lost)}
    old, new = Books(unasked, DEFAULT_MAX_DELETIONS, NOW), {**accounts, "a": worst}

    assert old.judge("a", worst) == Books(new, DEFAULT_MAX_DELETIONS, NOW).judge("a", worst)
