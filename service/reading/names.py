"""Words by which people and teams are known: given names of many countries, and what only looks like one."""

GIVEN = """
aaron abdul abigail adam adrian agnes ahmed aisha akira alan albert alejandro alex alexander alexandra alexei alexis
alfred ali alice alina alison amanda amir amit amy ana anders andre andrea andreas andrei andres andrew andy angela
anika anil anita anja anna anne annika anthony antoine anton antonio aria arjun arthur asha ashley astrid audrey
barbara beatriz ben benjamin bernard beth bill bjorn bob boris brad brandon brian bruce bruno caleb camille carl carla
carlos carmen carol caroline catherine cecilia charles charlie charlotte chen chiara chloe chris christian christina
christine christopher claire clara claudia clemens colin connor craig cristina cynthia dan daniel daniela daniele dara
dave david dean deborah denis dennis derek diana diego dieter dmitri dominic don donna doris dorothy doug douglas ed
eduardo edward eileen elena eli elias elif elisa elisabeth elizabeth ella ellen elsa emil emily emma eric erik erika
erin ernesto esther ethan eva evan evelyn fabian fatima felipe felix fernando fiona florian francesca francesco
francis francisco frank franz fred frederic freya gabriel gary gavin georg george gerald gerd gianni gina giovanni
giulia gloria gordon graham greg gregory guido gustavo hanna hannah hannes hans harald harry haruto hasan heather
heidi helen helena henrik henry hiroshi holger hugo ian ibrahim ida igor ingrid irene iris isabel isabella ivan jack
jacob jake jakob james jamie jan jana jane janet jason javier jean jeff jeffrey jennifer jenny jens jeremy jerome
jesper jesse jessica jill jim joan joao joe joel johan johanna johannes john johnny jon jonas jonathan jordan jorge
jose josef joseph josh joshua juan judith julia julian julie jun jurgen justin kai karen karin karl karla kate
katharina katherine kathy katie kay keith kelly ken kenji kenneth kevin kim klaus kumar kurt kyle lara larry lars
laura lauren laurent lea lee lena leo leon leonardo leslie lewis li liam lin linda lisa liu logan lorenzo louis louise
luca lucas lucia lucy luis luisa lukas luke maggie magnus manuel marc marcel marco marcos marcus margaret maria marie
marina mario marion mark markus marta martha martin martina mary mateo mathias matt matteo matthew matthias maurice
max maya megan mehmet mei melanie melissa mia michael michel michele michelle miguel mika mike mikhail mila milan
miriam mohamed mohammed molly monica monika morgan moritz muhammad nadia nadine naomi natalia natalie natasha nathan
neil nicholas nick nicolas nicole niels nigel nikhil niklas nils nina noah nora norbert olaf oleg olga oliver olivia
olivier omar oscar oskar otto pablo pam paola paolo pascal patricia patrick paul paula paulo pavel pedro peter petra
phil philip philipp pierre piotr priya rachel raj rajesh ralf ralph ramon raphael raul ravi ray rebecca renate rene
ricardo richard rick rita rob robert roberto robin rodrigo roger roland roman ron ronald rosa ross roy ruben rudolf
russell ruth ryan sabine sally salma sam samantha samir samuel sandra sandro sanjay sara sarah sasha scott sean
sebastian sergei sergio shane sharon sheila simon simone sofia sonia sonja sophie stefan stefanie stella stephan
stephanie stephen steve steven stuart sue sunil susan susanne suzanne sven sylvia takashi tamara tanja tara taylor ted
teresa terry theo theresa thomas thorsten tim timo timothy tina tobias todd tom tomas toni tony tracy travis trevor
tyler ulrich ulrike ursula uwe valentina valerie vanessa vera veronica victor victoria viktor vincent vivek vladimir
walter wang wei wendy werner wilhelm will william wolfgang xavier yan yasmin yuki yuri yusuf yves zachary zara zhang
zoe
"""

# Short words in capitals that are things, not the initials of people.
ACRONYMS = """
ADR ALB AM API APIS AWS CD CDN CET CI CLI CPU CSS DB DNS DR EC2 EKS EST ETA EU FAQ GCP GKE HA HR IAM ID IT JS KPI LB
MFA MVP NA NFS NLB OK OS P0 P1 P2 P3 P4 PHP PM POC PR PRS PST QA RAM RDS RFC RPC S3 SDK SLA SLI SLO SQL SSH SSL SSO
TBD TLS TS TTL UI UK URL US UTC UX VM VMS VPN WAF WIP
"""

# Words that name a team where a team is expected.
TEAMS = """
backend data dba developers development devops engineering everyone frontend infra infrastructure it legal network
networking on-call oncall operations ops platform product qa security sre support
"""
