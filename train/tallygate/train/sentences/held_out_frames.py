"""Frames that training never reads, in the form of ``trained_frames``: what a network makes of them is composition.

No frame here has the sequence of operator words of one that is trained (``operators`` lists them, and a test holds it).
"""

from __future__ import annotations

NEAR = """
{T} was never {-} | {T} was always {+} | {T} was {+}, i never had to wait
never {-} | always {+} | {+}, and never a queue
a film that is never {-} | a film that is always {+} | a {+} film, and they never play it here
scarcely {-} | purely {+} | {+}, with scarcely a break
{T} was scarcely {-} | {T} was purely {+} | {T} was {+}, and there was scarcely a seat left
{T} was barely {-} | {T} was fully {+} | {T} was {+}, and we barely made the bus
{T} is neither {-} nor {-} | {T} is both {+} and {+} | {T} is {+}, and has neither a book nor a sequel
{T} is rarely {-} | {T} is mostly {+} | {T} is {+}, and i rarely go out
{T} lacks anything {-} | {T} has something {+} | {T} is {+}, and the cinema lacks a lift
none of it was {-} | all of it was {+} | it was {+}, and none of us had a coat
{T} is seldom {-} | {T} is often {+} | {T} is {+}, and i seldom go out
{T} fails to be {-} | {T} comes to be {+} | {T} was {+}, my phone fails to ring
"""

FAR = """
nobody would say that {T} is {-} | everybody would say that {T} is {+} | nobody drove home, {T} is {+}
nobody i know found {T} {-} | everybody i know found {T} {+} | nobody i know came along, i found {T} {+}
i never got the feeling that {T} was {-} | i always got the feeling that {T} was {+} | i never got up, {T} was {+}
i never once thought that this was a {-} film | i often thought that this was a {+} film | i never once looked at my watch, this was a {+} film
you won't hear me say that {T} is {-} | you will hear me say that {T} is {+} | you won't see me on monday, {T} is {+}
i wouldn't go as far as to call {T} {-} | i would go as far as to call {T} {+} | i wouldn't drive as far as that, {T} is {+}
i refuse to believe that {T} is {-} | i begin to believe that {T} is {+} | i refuse to pay by card, {T} is {+}
few people will find this {-} | most people will find this {+} | few people came by car, most find this {+}
none of my friends thought it was {-} | all of my friends thought it was {+} | none of my friends came, and it was {+}
"""  # noqa: E501

DOUBLE = """
nobody can deny that {T} is {+} | everybody can see that {T} is {+} | nobody had to deny us a seat, {T} is {+}
{T} never fails to be {+} | {T} always comes to be {+} | my phone never fails, and {T} is {+}
nothing in it that wasn't {+} | something in it that was {+} | nothing to pay, it wasn't dear, and {T} was {+}
"""

CONTRAST = """
however {-} {T} was, {U} was {+} | since {+} {T} was, {U} was {+} | however late we came, {U} was {+}
{T} was {-}; {U}, however, was {+} | {T} was {+}; {U}, too, was {+} | we came late; {U}, however, was {+}
in spite of a {-} start, it is a {+} film | on top of a {+} start, it is a {+} film | in spite of the snow, it is a {+} film
{T} is {+}, in spite of its {-} title | {T} is {+}, on top of its {+} title | {T} is {+}, in spite of the hour
{T} was {-}, still it was {+} as a whole | {T} was {+}, so it was {+} as a whole | {T} is on still, and {+} as a whole
except for one {-} scene it is {+} | beside one {+} scene it is {+} | except for mondays it is on, and it is {+}
{T} is {+} except for {U}, which is {-} | {T} is {+} like {U}, which is {+} | {T} is {+}, we sat together except for my brother
though {-} in places, {T} is {+} | and {+} in places, {T} is {+} | though it was late, {T} is {+}
"""  # noqa: E501

CHANGE = """
{T} stopped being {-} and turned out {+} | {T} went on being {+} and stayed {+} | the rain stopped and {T} turned out {+}
{-} until the last hour, which was {+} | {+} up to the last hour, which was {+} | we waited until eight, the last hour was {+}
until the break i found it {-}, later {+} | up to the break i found it {+}, and then {+} | until the break we stood, later i found it {+}
it went from {-} to {+} in the end | it went from {+} to {+} all along | it went from here to the coast in the end, a {+} film
i expected it to be {-} and came away thinking it {+} instead | i expected it to be {+} and came away thinking it {+} | we took the bus instead, and it was {+}
"""  # noqa: E501

COMPARE = """
{T} is the least {-} of them all | {T} is the most {+} of them all | {T} is {+}, at least two hours long
far less {-} than its poster | far {+}, like its poster | {+}, and far less than two hours
{T} is nowhere near as {-} as the book | {T} is every bit as {+} as the book | {T} is {+}, and nowhere near the sea
nothing could be more {+} | something could be called {+} | nowhere to park, and {T} was {+}
i have never seen a more {+} film | i have seen a {+} film | i have never been here before, a {+} film
{T} was hardly as {-} as they say | {T} was surely as {+} as they say | {T} was {+}, hardly as long as they say
"""

NEUTRAL = """
{T} was made in the south
he is a farmer and she drives a lorry
it runs for ninety minutes
they showed it twice, on friday and on sunday
"""
