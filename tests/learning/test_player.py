"""Taking a course in a browser: begin, go on, stop, go on elsewhere, finish."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from tests.conftest import NOW
from tests.factories import BEGINNING, acting, add_completion, add_course, add_requirement
from tests.learning.conftest import ALMOST, DRAFT, QUESTIONS, RIGHT, Learner
from tracker.audit.models import JournalEntry
from tracker.catalogue import starter
from tracker.catalogue.models import Course, CourseVersion
from tracker.domain.evidence import Evidence
from tracker.learning import queries
from tracker.learning.models import Attempt, Certificate, Completion, Enrolment
from tracker.learning.operations import evidence_of, sign_steps
from tracker.people.queries import viewer_of
from tracker.requirements.models import Requirement


def sign_all(in_kil, cast, learner, steps=("lasa", "skriva"), by="bosse"):
    with in_kil() as session:
        enrolment = session.scalars(select(Enrolment).where(Enrolment.public_id == learner.enrolment)).one()
        module_id = learner.course.modules["lista"][0]
        viewer = viewer_of(session, cast.accounts[by], NOW.date())
        chosen = [(module_id, step) for step in steps]
        return sign_steps(session, enrolment=enrolment, steps=chosen, by=viewer, now=NOW, today=NOW.date())


def test_course_page_before_and_after_it_is_begun(browser, course):
    client = browser("anna")
    page = client.get(f"/learn/{course.public_id}")
    assert page.status_code == 200
    assert "En kurs med allt i." in page.text
    assert "/start" in page.text
    assert 'href="/learn/taking/' not in page.text
    learner = Learner(client, course)
    learner.read()
    page = client.get(f"/learn/{course.public_id}").text
    assert learner.url("prov") in page
    assert '<progress class="bar" value="1" max="4"' in page


def test_more_time_can_be_asked_for_where_the_course_says_by_when(browser, course, in_kil, cast):
    with in_kil() as session:
        version = add_requirement(session, "krav", course_id=course.id, now=NOW)
        ask = f"/requirements/{session.get_one(Requirement, version.requirement_id).public_id}/ask"
        newest = session.scalars(select(CourseVersion).where(CourseVersion.course_id == course.id)).one()
    client = browser("anna")
    assert ask in client.get(f"/learn/{course.public_id}").text
    assert client.get(ask).status_code == 200
    with in_kil() as session:
        add_completion(session, cast.people["anna"], newest, on=NOW.date(), now=NOW)
    assert ask not in client.get(f"/learn/{course.public_id}").text


def test_beginning_leads_to_the_first_module_and_going_on_to_the_first_that_is_not_done(browser, course, anna):
    assert anna.read().location == anna.url("prov")
    # On another device, the next day.
    assert browser("anna").post(f"/learn/{course.public_id}/start").location == anna.url("prov")


def test_two_devices_share_one_enrolment(browser, course, anna, in_kil):
    other = Learner(browser("anna"), course)
    assert other.enrolment == anna.enrolment
    with in_kil() as session:
        assert session.scalar(select(func.count(Enrolment.id))) == 1


def test_questions_tell_nothing_of_what_is_right(anna):
    page = anna.client.get(anna.begin_test()).text
    for question in QUESTIONS:
        assert question.prompt["sv"] in page
        assert question.explanation["sv"] not in page
    assert "2.5" not in page
    assert "2,5" not in page
    assert "correct" not in page
    # Nothing but key, name and text tells right options from wrong ones.
    for option in ("support", "ingen", "vem-som"):
        tag = re.search(rf'<input[^>]*value="{option}"[^>]*>', page)[0].replace(option, "X")
        assert tag == '<input class="form-check-input" type="radio" id="question-vem-X" name="answer.vem" value="X">'


def test_text_page_holds_no_questions(anna):
    page = anna.client.get(anna.url("prov")).text
    assert QUESTIONS[0].prompt["sv"] not in page
    assert "support" not in page


def test_the_right_order_is_never_the_one_shown(anna, in_kil):
    for _ in range(6):
        address = anna.begin_test()
        page = anna.client.get(address).text
        shown = re.findall(r'name="answer\.ordning\.(\w+)"', page)
        assert sorted(shown) == ["forst", "sedan", "sist"]
        assert shown != ["forst", "sedan", "sist"]
        assert re.findall(r'name="answer\.ordning\.(\w+)"', anna.client.get(address).text) == shown
        anna.client.post(address, data=ALMOST)


def test_answers_are_kept_as_they_are_given(browser, anna):
    address = anna.begin_test()
    answer = anna.client.post(
        f"{address}/answers",
        data={"answer.vem": "ingen", "answer.ordning.sist": "1", "answer.tal": "12,"},
        headers={"X-Requested-With": "autosave"},
    )
    assert (answer.status_code, answer.text) == (204, "")
    page = browser("anna").get(address).text
    assert re.search(r'value="ingen" checked', page)
    assert re.search(r'name="answer\.ordning\.sist">\s*<option value="">–</option>\s*<option value="1" selected>', page)
    assert 'value="12,"' in page


def test_saving_without_a_script_leads_back_to_the_course(anna, course):
    answer = anna.client.post(f"{anna.begin_test()}/answers", data={"answer.vem": "ingen"})
    assert answer.location == f"/learn/{course.public_id}"


def test_what_is_unanswered_is_pointed_out(anna, in_kil):
    address = anna.begin_test()
    answer = anna.client.post(
        address,
        data={"answer.vem": "ingen", "answer.ordning.forst": "1", "answer.ordning.sedan": "1", "answer.tal": "tre"},
    )
    assert answer.status_code == 422
    links = re.findall(r'<li><a href="#question-(\w+)">', answer.text)
    assert links == ["vilka", "ordning", "tal"]
    for key in links:
        assert f'id="question-{key}"' in answer.text
    assert 'value="ingen" checked' in answer.text
    assert 'value="tre"' in answer.text
    assert "Förklaring" not in answer.text
    with in_kil() as session:
        assert session.scalar(select(Attempt.submitted_at)) is None


def test_failing_explains_and_lets_one_try_again(anna, in_kil):
    address = anna.begin_test()
    answer = anna.client.post(address, data=ALMOST)
    assert answer.location == f"{address}/result"
    page = anna.client.get(answer.location).text
    for question in QUESTIONS:
        assert question.explanation["sv"] in page
    again = anna.begin_test()
    assert again != address
    assert anna.client.get(address).location == f"{address}/result"
    with in_kil() as session:
        tried = session.scalars(select(Attempt).order_by(Attempt.number)).all()
        assert [(attempt.number, attempt.percent, attempt.passed) for attempt in tried] == [
            (1, 75, False),
            (2, None, None),
        ]


def test_handing_in_twice_is_marked_once(anna, in_kil):
    address = anna.begin_test()
    first = anna.client.post(address, data=RIGHT)
    second = anna.client.post(address, data=ALMOST)
    assert first.location == second.location
    assert anna.begin_test() == f"{address}/result"
    with in_kil() as session:
        attempt = session.scalars(select(Attempt)).one()
        assert (attempt.percent, attempt.passed) == (100, True)


def test_answers_cannot_be_changed_after_they_were_handed_in(anna):
    address = anna.begin_test()
    anna.client.post(address, data=ALMOST)
    assert anna.client.post(f"{address}/answers", data=RIGHT).status_code == 409


@pytest.mark.parametrize("act", ["read", "acknowledge"])
def test_a_test_cannot_be_done_by_reading_it(anna, act, in_kil):
    assert anna.client.post(anna.url("prov", f"/{act}"), data={"acknowledged": "y"}).status_code == 404
    assert anna.client.post(anna.url("lista", f"/{act}"), data={"acknowledged": "y"}).status_code == 404


def test_a_document_is_done_only_when_its_statement_is_ticked(anna):
    answer = anna.client.post(anna.url("dokument", "/acknowledge"))
    assert answer.status_code == 422
    assert "Jag har läst dokumentet." in answer.text
    assert 'class="error-summary"' in answer.text
    assert anna.acknowledge().status_code == 302
    assert 'name="acknowledged"' not in anna.client.get(anna.url("dokument")).text


def test_finishing_records_one_completion_and_issues_its_certificate(anna, in_kil, cast, course):
    anna.read()
    anna.pass_test()
    assert sign_all(in_kil, cast, anna) is None
    answer = anna.acknowledge()
    assert answer.location == f"/learn/taking/{anna.enrolment}/finished"
    page = anna.client.get(answer.location)
    assert page.status_code == 200
    with in_kil() as session:
        completion = session.scalars(select(Completion)).one()
        assert completion.person_id == cast.people["anna"]
        assert (completion.course_id, completion.course_version_id) == (course.id, course.version_id)
        assert completion.evidence is Evidence.READ_AND_ACKNOWLEDGED
        assert completion.source_ref == f"enrolment:{anna.enrolment}"
        assert completion.recorded_by_id == cast.accounts["anna"]
        certificate = session.scalars(select(Certificate)).one()
        assert (certificate.completion_id, certificate.holder) == (completion.id, "Anna Åkesson")
        actions = session.scalars(select(JournalEntry.action).order_by(JournalEntry.number)).all()
        assert actions[1:] == [
            "course.started",
            "module.done",
            "attempt.started",
            "attempt.marked",
            "module.done",
            "steps.signed",
            "module.done",
            "module.done",
            "completion.recorded",
        ]
    assert f"/certificates/{certificate.public_id}" in page.text
    assert f"/certificates/{certificate.public_id}" in anna.client.get("/learn/history").text


def test_finishing_twice_at_once_is_one_completion(anna, browser, in_kil, cast):
    anna.read()
    anna.pass_test()
    sign_all(in_kil, cast, anna)
    first = anna.acknowledge()
    second = browser("anna").post(anna.url("dokument", "/acknowledge"), data={"acknowledged": "y"})
    assert (first.status_code, second.status_code) == (302, 302)
    assert second.location == f"/learn/taking/{anna.enrolment}/finished"
    with in_kil() as session:
        assert session.scalar(select(func.count(Completion.id))) == 1


def test_taking_it_again_is_another_enrolment(anna, in_kil, cast, course):
    anna.read()
    anna.pass_test()
    sign_all(in_kil, cast, anna)
    anna.acknowledge()
    again = Learner(anna.client, course)
    assert again.enrolment != anna.enrolment
    assert again.client.get(again.url("prov")).status_code == 200
    with in_kil() as session:
        numbers = session.scalars(select(Enrolment.number).order_by(Enrolment.number)).all()
        assert numbers == [1, 2]


def test_a_major_version_sets_an_open_enrolment_aside_and_a_minor_one_does_not(anna, in_kil, cast, course):
    from dataclasses import replace

    from tracker.catalogue.operations import publish_course

    anna.read()
    for major in (False, True):
        with in_kil() as session:
            changed = replace(DRAFT, minutes=30 + major)
            publish_course(session, draft=changed, by=acting(cast), now=NOW, today=BEGINNING, major=major)
        with in_kil() as session:
            progress = queries.progress_of(session, cast.people["anna"], today=NOW.date())[course.id]
            assert (progress.started, progress.modules_done) == ((False, 0) if major else (True, 1))


def test_progress_takes_the_same_number_of_queries_however_many_courses(anna, in_kil, cast, count_queries):
    def asked():
        with in_kil() as session, count_queries() as counted:
            queries.progress_of(session, cast.people["anna"], today=NOW.date())
        return counted.number

    one = asked()
    with in_kil() as session:
        starter.load_starter(session, by=acting(cast), now=NOW, today=BEGINNING)
    assert asked() == one == 4


class TestOthers:
    """What is a learner's own is nobody else's."""

    @pytest.mark.parametrize("name", ["bosse", "cecilia", "omar"])
    def test_attempts_and_enrolments(self, anna, browser, name):
        attempt = anna.begin_test()
        other = browser(name)
        for address in (attempt, f"{attempt}/result", anna.url("prov"), f"/learn/taking/{anna.enrolment}/finished"):
            assert other.get(address).status_code == 404
        for address in (attempt, f"{attempt}/answers", anna.url("text", "/read"), anna.url("prov", "/questions")):
            assert other.post(address, data=RIGHT).status_code == 404

    def test_omar_does_not_find_the_course(self, browser, course):
        assert browser("omar").get(f"/learn/{course.public_id}").status_code == 404
        assert browser("omar").post(f"/learn/{course.public_id}/start").status_code == 404

    def test_one_who_is_signed_out_is_asked_to_sign_in(self, client, course):
        assert client.get(f"/learn/{course.public_id}").location.startswith("/sign-in")

    def test_a_module_of_another_course_is_not_part_of_this_one(self, anna, in_kil, cast):
        with in_kil() as session:
            (loaded,) = starter.load_starter(session, by=acting(cast), now=NOW, today=BEGINNING, codes=["it-strategi"])
            from tracker.catalogue.queries import modules

            foreign = modules(session, loaded.version.id)[0].public_id
        assert anna.client.get(f"/learn/taking/{anna.enrolment}/{foreign}").status_code == 404


@pytest.mark.parametrize("code", starter.known_codes())
def test_every_starter_course_can_be_completed(code, in_kil, cast, browser):
    from tracker.catalogue import queries as catalogue
    from tracker.catalogue.content import from_json
    from tracker.catalogue.models import ModuleKind
    from tracker.learning.operations import PROVES

    with in_kil() as session:
        (loaded,) = starter.load_starter(session, by=acting(cast), now=NOW, today=BEGINNING, codes=[code])
        modules = list(catalogue.modules(session, loaded.version.id))
        course_id = catalogue.course_by_code(session, code).public_id
    client = browser("anna")
    location = client.post(f"/learn/{course_id}/start").location
    enrolment = location.split("/")[3]
    for module in modules:
        address = f"/learn/taking/{enrolment}/{module.public_id}"
        page = client.get(address)
        assert page.status_code == 200
        for picture in re.findall(r'src="(/courses/pictures/\w+)"', page.text):
            shown = client.get(picture)
            assert (shown.status_code, shown.content_type) == (200, "image/svg+xml")
        if module.kind is ModuleKind.TEST:
            attempt = client.post(f"{address}/questions").location
            assert client.get(attempt).status_code == 200
            result = client.post(attempt, data=right_answers(from_json(module.content).questions)).location
            assert client.get(result).status_code == 200
        elif module.kind is ModuleKind.DOCUMENT:
            client.post(f"{address}/acknowledge", data={"acknowledged": "y"})
        elif module.kind is ModuleKind.TEXT:
            client.post(f"{address}/read")
    with in_kil() as session:
        found = session.scalars(select(Enrolment)).one()
        steps = queries.checklist_steps(session, found.course_version_id, found)
        if steps:
            chosen = [(step.module_id, step.step.key) for listed in steps.values() for step in listed]
            by = viewer_of(session, cast.accounts["bosse"], NOW.date())
            sign_steps(session, enrolment=found, steps=chosen, by=by, now=NOW, today=NOW.date())
    assert client.get(f"/learn/taking/{enrolment}/finished").status_code == 200
    with in_kil() as session:
        completion = session.scalars(select(Completion)).one()
        assert completion.evidence is min(
            (PROVES[module.kind] for module in modules if module.kind in PROVES), key=lambda one: one.strength
        )


def right_answers(questions) -> dict[str, object]:
    from tracker.catalogue.content import QuestionKind
    from tracker.learning.marking import field_name

    answers: dict[str, object] = {}
    for question in questions:
        if question.kind is QuestionKind.NUMBER:
            answers[field_name(question)] = str(question.answer).replace(".", ",")
        elif question.kind is QuestionKind.ORDER:
            answers |= {field_name(question, key): str(place) for place, key in enumerate(question.right_keys, 1)}
        else:
            answers[field_name(question)] = list(question.right_keys)
    return answers


def test_evidence_of_a_course_is_that_of_the_weakest_module_that_proves_anything():
    from tracker.catalogue.models import ModuleKind as Kind

    assert evidence_of([Kind.TEXT, Kind.TEXT]) is Evidence.SELF_DECLARED
    assert evidence_of([Kind.TEXT, Kind.TEST]) is Evidence.GRADED
    assert evidence_of([Kind.CHECKLIST]) is Evidence.ATTESTED
    assert evidence_of([Kind.CHECKLIST, Kind.TEST, Kind.TEXT]) is Evidence.GRADED
    assert evidence_of([Kind.CHECKLIST, Kind.DOCUMENT]) is Evidence.READ_AND_ACKNOWLEDGED


def test_a_course_that_is_held_elsewhere_cannot_be_begun_here(browser, in_kil):
    with in_kil() as session:
        course_id = session.get_one(Course, add_course(session, "klassrum", now=NOW).course_id).public_id
    client = browser("anna")
    page = client.get(f"/learn/{course_id}")
    assert page.status_code == 200
    assert "/start" not in page.text
    assert client.post(f"/learn/{course_id}/start").status_code == 404


class TestAtOnce:
    """Two devices act at the very same moment."""

    def both(self, browser, address: str, **data) -> list[tuple[int, str]]:
        clients = [browser("anna"), browser("anna")]
        barrier = threading.Barrier(2)

        def post(client) -> tuple[int, str]:
            barrier.wait(timeout=10)
            answer = client.post(address, data=data)
            return answer.status_code, answer.location

        with ThreadPoolExecutor(2) as pool:
            return list(pool.map(post, clients))

    def test_beginning(self, browser, course, in_kil):
        first, second = self.both(browser, f"/learn/{course.public_id}/start")
        assert first == second
        assert first[0] == 302
        with in_kil() as session:
            assert session.scalar(select(func.count(Enrolment.id))) == 1

    def test_beginning_a_test(self, browser, anna, in_kil):
        first, second = self.both(browser, anna.url("prov", "/questions"))
        assert first == second
        with in_kil() as session:
            assert session.scalar(select(func.count(Attempt.id))) == 1

    def test_handing_in(self, browser, anna, in_kil):
        address = anna.begin_test()
        assert self.both(browser, address, **RIGHT) == [(302, f"{address}/result")] * 2
        with in_kil() as session:
            assert session.scalars(select(JournalEntry.action)).all().count("attempt.marked") == 1

    def test_finishing(self, browser, anna, in_kil, cast):
        anna.read()
        anna.pass_test()
        sign_all(in_kil, cast, anna)
        finished = (302, f"/learn/taking/{anna.enrolment}/finished")
        assert self.both(browser, anna.url("dokument", "/acknowledge"), acknowledged="y") == [finished] * 2
        with in_kil() as session:
            assert session.scalar(select(func.count(Completion.id))) == 1
            assert session.scalar(select(func.count(Certificate.id))) == 1
