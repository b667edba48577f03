"""English verbs in their plain form, as orders and plans begin with them."""

WORK = """
add adjust adopt agree align allow allowlist analyse analyze annotate apply arrange ask assess assign audit augment
automate avoid back-port backfill backport backup ban batch block boost bring broadcast build bump cache calibrate
capture centralise centralize change check choose clarify clean cleanup clear close collect combine communicate
compare complete conduct configure confirm connect consider consolidate contact continue contribute convert coordinate
correct cover create cut decide declare decommission decouple decrease default define delete deploy deprecate describe
design detect determine develop diagnose disable discuss distribute divide document download drop eliminate email emit
enable encourage encrypt enforce enhance ensure escalate establish estimate evaluate examine exclude expand experiment
explain explore export expose extend extract figure file finalise finalize find finish fix flag follow force formalise
formalize gather generate get give grant guarantee handle harden have help hire hold identify implement improve
include incorporate increase inform inspect install instrument integrate introduce invest investigate invite isolate
issue join keep label launch learn leverage limit list load lock log look lower maintain make manage map mark measure
merge migrate minimise minimize mirror mitigate model modernise modernize modify monitor move mute notify onboard open
optimise optimize order organise organize overhaul page parallelise parallelize partition patch perform pick pin ping
plan port post practice practise prepare prevent prioritise prioritize profile prohibit promote propose protect
provide provision prune publish purge push put raise randomise randomize rate re-enable re-evaluate reach read
rearchitect rebuild recommend reconcile reconfigure record recover recreate redesign redirect reduce refactor refine
reflect refresh register reject relax release remind remove rename reorganise reorganize repair replace replicate
report request require research reserve reset resolve respond restart restore restrict restructure retain rethink
retire retry return reuse revert review revise revisit revoke reword rewrite roll rollback rollout rotate route run
sanitise sanitize scale scan schedule scope script secure seek segment select send separate serve set setup shard
share shift ship show shut shutdown simplify simulate size snapshot specify speed split stabilise stabilize
standardise standardize start stop store streamline strengthen stress submit subscribe support suppress surface swap
switch sync synchronise synchronize take talk tell terminate test throttle tighten time trace track train transfer
transition translate treat triage trigger trim try tune turn understand undertake unify uninstall update upgrade
upload use validate verify version vet visualise visualize warn watch whitelist widen work wrap write
"""

# To say more later, or to go on as before, is not yet an action.
TALK = """
call communicate consider continue cover decide describe determine discuss explain find get give have hold inform keep
learn look make monitor notify post provide publish put reach read report return see send set share show start stop
take talk tell try understand update wait walk watch work
"""
