"""English verbs in their plain form, as orders and plans begin with them."""

WORK = """
add adjust adopt agree align allow allowlist analyse analyze annotate announce apply archive arrange ask assess assign
attach audit augment automate avoid back-port backfill backport backup ban batch block boost bound bring broadcast
budget build bump cache calibrate capture catch centralise centralize change chase check choose circulate clarify
clean cleanup clear close codify collect combine communicate compare complete compress conduct configure confirm
connect consider consolidate contact contain continue contribute convert coordinate correct cover create cut decide
declare decommission decouple decrease dedupe deduplicate default defer define delegate delete deploy deprecate
describe design detach detect determine develop diagnose disable disconnect discuss distribute divide document
downgrade download drop eliminate email embed emit enable encourage encrypt enforce enhance ensure enumerate escalate
establish estimate evaluate examine exclude exercise expand expedite experiment expire explain explore export expose
extend extract figure file filter finalise finalize find finish fix flag follow force formalise formalize format
freeze gate gather generate get give grant guarantee guard handle harden have help hide highlight hire hold hook host
identify implement improve include incorporate increase inform inject inspect install instrument integrate introduce
inventory invest investigate invite isolate issue join keep label launch learn leverage limit list load lock log look
lower maintain make manage map mark measure merge migrate minimise minimize mirror mitigate model modernise modernize
modify monitor move mute negotiate nominate notify onboard open optimise optimize order organise organize outline
overhaul page pair parallelise parallelize partition patch pause perform pick pin ping plan police poll port post
practice practise prepare preserve prevent prioritise prioritize procure profile prohibit promote propagate propose
protect provide provision prune publish purge push put quantify quarantine query raise randomise randomize rank rate
re-enable re-evaluate re-run reach read rearchitect reboot rebuild recheck recommend reconcile reconfigure record
recover recreate redesign redirect reduce refactor refine reflect refresh register reindex reinforce reinstate reject
relax release relocate remind remove rename renew reorganise reorganize repair repeat replace replay replicate report
request require rerun reschedule research reserve reset resize resolve respond restart restate restore restrict
restructure resume retain retest rethink retire retry return reuse revalidate revert review revise revisit revoke
reword rework rewrite roll rollback rollout rotate route run salvage sandbox sanitise sanitize scale scan schedule
scope script scrub seal secure seek segment select send separate serve set setup shard share shift ship show shut
shutdown sign silence simplify simulate size skip smoke-test snapshot specify speed spin split stabilise stabilize
staff stage standardise standardize start stop store streamline strengthen stress stub submit subscribe sunset support
suppress surface survey swap switch sync synchronise synchronize tabulate tag take talk tell template terminate test
throttle tidy tie tighten time time-box toggle tokenise tokenize total trace track train transfer transition translate
treat triage trigger trim try tune turn tweak unblock uncover understand undertake unify uninstall unit-test unlock
unpin unsubscribe update upgrade upload use validate vendor verify version vet visualise visualize walk warm warn
watch weigh whitelist widen wire work wrap write zone
"""

# To say more later, or to go on as before, is not yet an action.
TALK = """
call communicate consider continue cover decide describe determine discuss explain find get give have hold inform keep
learn look make monitor notify post provide publish put reach read report return see send set share show start stop
take talk tell try understand update wait walk watch work
"""
