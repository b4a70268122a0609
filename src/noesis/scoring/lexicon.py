"""Words that speak well or ill of something. Our own list: general English, no names and no slang.

A word is in it when nearly every use of it praises or blames; words that only sometimes do ("like", "kind",
"error") are not. A negation among the three words before one turns it (the reach that VADER gives negations:
Hutto and Gilbert, ICWSM 2014). Irony, comparison and context are not seen.
"""

from __future__ import annotations

from collections.abc import Sequence

REACH = 3  # words

POSITIVE = frozenset(
    """
    admirable admire admired amazing appreciate appreciated astonishing attractive awesome beautiful
    beautifully beneficial benefit benefits best better bliss brave bravo bright brilliant calm celebrate
    celebrated charming cheerful clever comfort comfortable commend compelling confident convenient
    convincing courage creative cute dazzling delicious delight delighted delightful dependable eager
    effective efficient elegant encourage encouraging enjoy enjoyable enjoyed enjoys enthusiastic excellent
    exceptional excited exciting exquisite fabulous faithful fantastic fascinating favorite favourite
    flawless fortunate friendly fun generous genius gentle glad gladly glorious good gorgeous graceful
    grateful great greatest handy happiest happily happiness happy harmony healthy helpful hero honest honor
    honour hope hopeful ideal impressed impressive improve improved improvement incredible innovative
    insightful inspire inspired inspiring intelligent joy joyful kindness love loved lovely loves loyal lucky
    magnificent marvellous marvelous masterpiece memorable nice nicely outstanding passionate peaceful
    perfect perfectly pleasant pleased pleasure polite popular praise praised precious promising proud
    rejoice reliable remarkable rewarding robust satisfied satisfying sincere smart smooth spectacular
    splendid stunning succeed succeeded success successful superb superior supportive talented terrific thank
    thankful thanks thrilled thrilling thrive triumph trust trusted trustworthy useful valuable vibrant
    victory warm welcome win winner wise wonderful wonderfully worthwhile worthy wow
    """.split()
)

NEGATIVE = frozenset(
    """
    abuse abused abysmal afraid aggressive agony alarming anger angry annoy annoyed annoying anxious
    appalling arrogant ashamed atrocious awful awkward bad badly betray betrayed bitter blame boring brutal
    buggy catastrophe catastrophic chaos chaotic cheat clumsy complain complaint confused confusing corrupt
    crash crashed cruel cry damage damaged danger dangerous deadly defect defective deficient deplorable
    depressed depressing despair desperate destroy destroyed destructive die died difficult dirty disappoint
    disappointed disappointing disappointment disaster disastrous disgrace disgust disgusting dishonest
    dislike dismal distress disturbing dreadful dull dumb embarrassed embarrassing enemy evil fail failed
    failing fails failure fake fatal faulty fear feared flaw flawed foolish fraud frightened frightening
    frustrated frustrating frustration gloomy greedy grief grim guilty harm harmful harsh hate hated hates
    hatred helpless hideous horrible horribly horrific horror hostile hurt hurts idiot ignorant ill
    inadequate incompetent inferior insult insulting irritating jealous lazy liar lonely lose loser losing
    loss lost lousy mad mediocre mess messy miserable misery mistake mistakes nasty nightmare noisy obnoxious
    offensive pain painful panic pathetic poison poor poorly problem problems reckless regret reject rejected
    repulsive ridiculous rotten rude ruin ruined sad sadly sadness scam scared scary selfish severe shame
    shameful shock shocking sick sloppy sorrow sorry spoiled stupid suffer suffered suffering terrible
    terribly terrified threat tired toxic tragedy tragic trouble troubled ugly unacceptable unbearable
    uncomfortable unfair unfortunate unfortunately unhappy unpleasant unreliable unsafe upset useless vicious
    victim violent vulgar waste wasted weak weakness wicked worried worry worse worst worthless wrong
    """.split()
)

NEGATIONS = frozenset(
    """
    no not never neither nor none nobody nothing nowhere without hardly scarcely barely cannot can't don't
    doesn't didn't isn't aren't wasn't weren't won't wouldn't shouldn't couldn't hasn't haven't hadn't ain't
    """.split()
)


def positive_and_negative(words: Sequence[str]) -> tuple[int, int]:
    """How many words of one sentence, in lower case with a straight apostrophe, praise, and how many blame.
    O(n)."""
    counts = [0, 0]
    for index, word in enumerate(words):
        is_negative = word in NEGATIVE
        if is_negative or word in POSITIVE:
            before = words[max(index - REACH, 0) : index]
            counts[is_negative != any(one in NEGATIONS for one in before)] += 1
    return counts[0], counts[1]
