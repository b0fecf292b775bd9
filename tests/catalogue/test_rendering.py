"""Course text becomes HTML that can do no harm and obeys the content security policy."""

from tracker.catalogue.rendering import ShownPicture, render, svg_size

TITLES = {"tip": "Tips", "important": "Viktigt", "warning": "Varning", "local": "Fylls i av kommunen"}
ICONS = {kind: f"<svg>{kind}</svg>" for kind in TITLES}


def html(text: str, *pictures: ShownPicture) -> str:
    return render(text, pictures=pictures, callout_titles=TITLES, callout_icons=ICONS)


def test_headings_begin_below_the_page_s_own():
    assert html("# Ett\n\n## Två\n\n### Tre") == "<h2>Ett</h2>\n<h2>Två</h2>\n<h3>Tre</h3>\n"


def test_raw_html_is_text():
    assert html("<script>alert(1)</script>") == "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>\n"


def test_links_of_dangerous_kinds_are_not_links():
    for target in ("javascript:alert(1)", "data:text/html,x", "vbscript:x"):
        assert "<a" not in html(f"[x]({target})")


def test_links_do_not_tell_where_one_came_from():
    assert html("[x](https://imy.se)") == '<p><a href="https://imy.se" rel="noopener noreferrer">x</a></p>\n'


def test_alignment_is_a_class_and_never_a_style():
    table = html("| a | b | c |\n|:--|:-:|--:|\n| 1 | 2 | 3 |")
    assert "style" not in table
    assert '<td class="text-start">1</td>\n<td class="text-center">2</td>\n<td class="text-end">3</td>' in table


def test_a_callout_has_a_word_and_a_drawing():
    assert html("::: warning\nSe upp.\n:::") == (
        '<div class="callout callout-warning"><svg>warning</svg><p class="callout-title">Varning</p>'
        '<div class="callout-body">\n<p>Se upp.</p>\n</div></div>\n'
    )


def test_text_cannot_pretend_to_be_a_callout():
    assert "<svg>" not in html('<div class="callout callout-tip">')


def test_a_picture_is_the_course_s_own_and_leaves_room_for_itself():
    picture = ShownPicture("a.svg", "/courses/pictures/1", 720, 300)
    assert html("![Vad den visar](a.svg)", picture) == (
        '<p><img src="/courses/pictures/1" alt="Vad den visar" loading="lazy" width="720" height="300"></p>\n'
    )


def test_any_other_picture_is_only_its_words():
    assert html("![Vad den visar](https://elsewhere.example/a.png)") == "<p>Vad den visar</p>\n"


def test_size_of_svg():
    assert svg_size(b'<svg viewBox="0 0 1 1" width="720" height="300"></svg>') == (720, 300)
    assert svg_size(b"<svg></svg>") == (None, None)
