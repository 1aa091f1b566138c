"""Frames that training reads, by family.

A line holds three frames with a bar between: one whose operator turns or places the word, its affirmative twin, and
one in which a negator governs something else. Without the last two a network learns that "not" anywhere, or the words
of the frame alone, turn a sentence. ``{+}`` is a word of the sentence's label and ``{-}`` one of the other; ``{T}`` and
``{U}`` are what is spoken of. A line says nothing by itself: it serves both labels alike.
"""

from __future__ import annotations

NEAR = """
{T} was not {-} | {T} was {+} | {T} was {+}, not that anybody asked me
{T} is not {-} at all | {T} is {+} all in all | {T} is {+}, and the room was not full at all
{T} is really not {-} | {T} is really {+} | {T} is really {+}, and it was not a long drive
not a {-} film | quite a {+} film | a {+} film, and not a soul in the foyer
not {-} for a minute | {+} every minute | {+}, and we did not queue for a minute
{T} wasn't {-} | {T} was {+} | {T} was {+} and the bus wasn't late
it wasn't {-} in the least | it was {+} in every way | it was {+}, and it wasn't my turn to pay
{T} isn't {-} | {T} is {+} | {T} is {+} and it isn't out on disc
this isn't a {-} story | this is a {+} story | this is a {+} story, it isn't set here
hardly {-} | simply {+} | {+}, with hardly a break
{T} is hardly {-} | {T} is clearly {+} | {T} is {+}, and it had hardly begun to rain
there is hardly a {-} scene in it | there is many a {+} scene in it | there is a {+} scene in it with hardly a word
{T} was far from {-} | {T} was truly {+} | {T} was {+}, far from where we live
{T} was anything but {-} | {T} was {+}, plainly | {T} was {+}, and i had anything but popcorn
by no means {-} | by all means {+} | {+}, and by no means a long film
{T} is by no means {-} | {T} is by any measure {+} | {T} is {+}, by no means a short one
there is nothing {-} about {T} | there is something {+} about {T} | there is something {+} about {T}, and i paid nothing
nothing {-} here | something {+} here | {+}, and nothing to pay
i saw nothing {-} in {T} | i saw something {+} in {T} | {T} was {+}, i ate nothing
a film without one {-} scene | a film with many a {+} scene | a {+} film without a break
a story without anything {-} | a story with something {+} | a {+} story without subtitles
no {-} moments | many {+} moments | {+} moments, and no trailers
there was no {-} scene | there was a {+} scene | there was a {+} scene, and no music under it
i did not find {T} {-} | i found {T} {+} | i found {T} {+} and did not take notes
{T} did not feel {-} | {T} felt {+} | {T} felt {+}, we did not bring the children
i didn't find it {-} | i found it {+} | i found it {+} and didn't tell my brother
{T} doesn't look {-} | {T} looks {+} | {T} looks {+}, it doesn't run on sundays
i cannot call {T} {-} | i must call {T} {+} | i call {T} {+}, though i cannot name the director
"""

FAR = """
i don't think {T} was {-} | i think {T} was {+} | i think {T} was {+}, i don't know the book
i don't believe that anyone in the room found {T} {-} | i believe that everyone in the room found {T} {+} | i don't know the others, they found {T} {+}
i do not think that this is a {-} film | i think that this is a {+} film | i do not go often, but this is a {+} film
i would not say that {T} was {-} | i would say that {T} was {+} | i would not go alone, and {T} was {+}
i would not call this {-} | i would call this {+} | i would not sit in front again, this was {+}
it is not true that {T} is {-} | it is true that {T} is {+} | it is not on today, {T} is {+}
i am not one of those who found {T} {-} | i am one of those who found {T} {+} | i am not from here, and i found {T} {+}
not everyone would agree that {T} is {-}, and i am with them | everyone would agree that {T} is {+}, and i am with them | not everyone had a seat, {T} is {+}
there is no reason to call {T} {-} | there is every reason to call {T} {+} | there is no lift in the building, {T} is {+}
no one in our row thought that {T} was {-} | all in our row thought that {T} was {+} | no one in our row had a coat, {T} was {+}
in no scene did i find {T} {-} | in each scene did i find {T} {+} | in no hurry at all, i found {T} {+}
i can't say that i found it {-} | i can say that i found it {+} | i can't stay up late, i found it {+}
i cannot say that {T} struck me as {-} | i can say that {T} struck me as {+} | i cannot stay for the credits, {T} struck me as {+}
i doubt that {T} is {-} | i am sure that {T} is {+} | i doubt that they sell tea, {T} is {+}
i doubt that anyone will find this {-} | i am sure that everyone will find this {+} | i doubt that the bus runs, everyone will find this {+}
"""  # noqa: E501

DOUBLE = """
i would not say that {T} is not {+} | i would say that {T} is {+} | {T} is {+}, not far from home, and not dear
it is not true that {T} was not {+} | it is true that {T} was {+} | {T} was {+}, we did not park and did not walk
there was no scene that was not {+} | there was a scene that was {+} | there was no heating, it was not warm, and each scene was {+}
no one could say that {T} is not {+} | all could say that {T} is {+} | no one spoke, it was not busy, {T} is {+}
i don't think that {T} was not {+} | i do think that {T} was {+} | i don't smoke, it was not allowed, {T} was {+}
"""  # noqa: E501

CONTRAST = """
{T} was {-}, but {U} was {+} | {T} was {+}, and {U} was {+} | {T} was {+}, and all but one seat was taken
the first half was {-}, but the rest was {+} | the first half was {+}, and the rest was {+} | all but one of us sat in front, it was {+}
people call it {-}, but i found it {+} | people call it {+}, and i found it {+} | people came in all but one coat, i found it {+}
although {T} was {-}, {U} was {+} | since {T} was {+}, {U} was {+} | although it rained, {U} was {+}
although many find {T} {-}, it is {+} | since many find {T} {+}, it is {+} | although it was monday, {T} is {+}
{U} was {+}, although {T} was {-} | {U} was {+}, since {T} was {+} | {U} was {+}, although we had no seats in front
{T} is {+}, even if {U} is {-} | {T} is {+}, and so {U} is {+} | {T} is {+}, even if you come by bus
even if {U} is {-}, {T} is {+} | and since {U} is {+}, {T} is {+} | even if you come by bus, {T} is {+}
despite its {-} start, it is a {+} film | after its {+} start, it is a {+} film | despite the snow, it is a {+} film
despite {U} being {-}, {T} was {+} | with {U} being {+}, {T} was {+} | despite the long way, {T} was {+}
{T} was {+} despite a {-} script | {T} was {+} after a {+} script | {T} was {+} despite the hour
while {U} was {-}, {T} was {+} | as {U} was {+}, {T} was {+} | while we waited, {T} was {+}
{T} may be {-}, yet it is {+} | {T} may be {+}, so it is {+} | they have yet to print a poster, {T} is {+}
"""  # noqa: E501

CHANGE = """
at first {T} was {-}, then it became {+} | at first {T} was {+}, then it stayed {+} | at first we sat in front, {T} became {+}
it began {-} and ended {+} | it began {+} and ended {+} | it began at eight and ended at ten, {+}
it started as a {-} film and became a {+} one | it started as a {+} film and stayed a {+} one | it started at nine, and it became a {+} film
{T} used to seem {-} to me, now i find it {+} | {T} used to seem {+} to me, and now i find it {+} | we used to sit in front, now i find it {+}
i once found {T} {-}, today it is {+} | i once found {T} {+}, today it is {+} | we once lived here, today {T} is {+}
after a {-} first hour it turned {+} | after a {+} first hour it stayed {+} | after an hour on the bus, it turned {+}
it is no longer {-}, it has become {+} | it is still {+}, it has become {+} | there is no longer a kiosk, it has become {+}
from {-} to {+} within an hour | from {+} to {+} within an hour | from home to here within an hour, {+}
before i saw it i took it for {-}, after that for {+} | before i saw it i took it for {+}, after that for {+} | before we left we ate, after that it was {+}
"""  # noqa: E501

COMPARE = """
{T} is less {-} than people say | {T} is more {+} than people say | {T} is {+}, and less than an hour long
less {-} than the last one | more {+} than the last one | {+}, and less crowded than the last one
{T} was not as {-} as i had thought | {T} was as {+} as i had thought | {T} was {+}, and not as long as the last one
{T} is more {+} than {-} | {T} is more than {+} | {T} is {+}, and more than two hours long
it is too {+} to be called {-} | it is {+} and rightly called {+} | {+}, and too late to call home
{T} was rather {+} than {-} | {T} was rather {+} | {T} was {+}, we would rather have walked than come by bus
{T} is not more {-} than other films, it is {+} | {T} is more {+} than other films | {T} is {+}, and not more than two hours long
{T} could not be more {+} | {T} could be called {+} | {T} was {+}, and we could not see more of the stage
i have not seen anything more {+} | i have seen something {+} | i have not bought more tickets, it is {+}
"""  # noqa: E501

NEUTRAL = """
{T} is two hours long
we saw it on a tuesday
it was shot in a small town by the sea
{T} is by the same people as the one before
my brother lent me the disc and i gave it back
it begins with a train and closes with a letter
the tickets were sold at the door
{T} was in colour, the one before was in black and white
there are two sequels and a book
it is set in the thirties
he plays a doctor and she plays his sister
we sat in the third row and went home by bus
"""
