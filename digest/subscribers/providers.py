"""Domains that many mailboxes are at, and endings that are a slip: what a misspelt domain is told by."""

from functools import lru_cache

from digest.subscribers.near import Near

_PROVIDERS = """
gmail.com googlemail.com yahoo.com yahoo.ca yahoo.de yahoo.fr yahoo.es yahoo.it yahoo.se yahoo.no yahoo.dk yahoo.ie
yahoo.in yahoo.gr yahoo.pl yahoo.ro yahoo.co.uk yahoo.co.in yahoo.co.id yahoo.co.jp yahoo.co.kr yahoo.co.nz
yahoo.co.th yahoo.co.za yahoo.com.ar yahoo.com.au yahoo.com.br yahoo.com.hk yahoo.com.mx yahoo.com.my yahoo.com.ph
yahoo.com.sg yahoo.com.tr yahoo.com.tw yahoo.com.vn ymail.com rocketmail.com aol.com aim.com hotmail.com hotmail.ca
hotmail.de hotmail.fr hotmail.es hotmail.it hotmail.se hotmail.nl hotmail.be hotmail.co.uk hotmail.co.jp
hotmail.com.ar hotmail.com.br outlook.com outlook.de outlook.fr outlook.es outlook.it outlook.jp outlook.pt
outlook.com.br live.com live.ca live.de live.fr live.it live.nl live.co.uk live.com.au msn.com passport.com icloud.com
me.com mac.com cloud.com proton.me protonmail.com protonmail.ch pm.me tutanota.com tuta.io fastmail.com fastmail.fm
hushmail.com zoho.com zohomail.com mailbox.org posteo.de posteo.net riseup.net disroot.org mail.com email.com gmx.com
gmx.net gmx.de gmx.at gmx.ch web.de t-online.de freenet.de arcor.de online.de mail.de email.de bluewin.ch hispeed.ch
orange.fr wanadoo.fr free.fr laposte.net sfr.fr neuf.fr bbox.fr libero.it virgilio.it alice.it tiscali.it tin.it
telefonica.net terra.com.br uol.com.br bol.com.br globo.com ig.com.br sapo.pt btinternet.com blueyonder.co.uk
ntlworld.com sky.com talktalk.net virginmedia.com comcast.net verizon.net att.net sbcglobal.net bellsouth.net
charter.net cox.net earthlink.net optonline.net rogers.com shaw.ca sympatico.ca telus.net bigpond.com optusnet.com.au
xtra.co.nz ziggo.nl kpnmail.nl planet.nl home.nl xs4all.nl telenet.be skynet.be telia.com online.no wp.pl onet.pl
interia.pl o2.pl seznam.cz centrum.cz email.cz freemail.hu citromail.hu abv.bg yandex.ru yandex.com ya.ru mail.ru
inbox.ru list.ru bk.ru rambler.ru ukr.net qq.com 163.com 126.com yeah.net sina.com sina.cn sohu.com foxmail.com
aliyun.com 139.com naver.com hanmail.net daum.net nate.com docomo.ne.jp ezweb.ne.jp softbank.ne.jp nifty.com
rediffmail.com
"""
PROVIDERS = frozenset(_PROVIDERS.split())
"""Domains that are never a slip. They needn't be all there are: no other is doubted for not being here."""

_ENDINGS = {
    "com": "con cmo ocm comm coom cim vom xom cpm dom cok",
    "org": "ogr rog orgg orf",
    "net": "nte ent nett",
    "edu": "eud deu eduu",
}
"""Endings, and what they become by a slip; none of it is an ending by itself."""
_MEANT_ENDING = {slip: ending for ending, slips in _ENDINGS.items() for slip in slips.split()}

_CUT_SHORT = ("co", "cm", "om", "cn", "c")
"""What is left of .com behind a provider's name; some are countries' own, so of other domains nothing is said."""

_SHORTEST = 5
"""Letters of a name that is compared by nearness; shorter ones are a slip away from each other."""

_NEAR = Near({domain.partition(".")[0] for domain in PROVIDERS if len(domain.partition(".")[0]) >= _SHORTEST})
_UNDOTTED = {domain.replace(".", ""): domain for domain in PROVIDERS}


@lru_cache(maxsize=4096)
def domain_meant(domain: str) -> str | None:
    """Return the domain that a misspelt one, in lower case, was most likely meant to be; None where it may be right."""
    if domain in PROVIDERS:
        return None
    if domain in _UNDOTTED:
        return _UNDOTTED[domain]
    mended = _with_sound_ending(domain)
    name, _, ending = mended.partition(".")
    near = f"{_NEAR.find(name)}.{ending}" if len(name) >= _SHORTEST - 1 else ""
    if near in PROVIDERS and mended not in PROVIDERS:
        return near
    return mended if mended != domain else None


def _with_sound_ending(domain: str) -> str:
    name, _, ending = domain.rpartition(".")
    if ending in _MEANT_ENDING:
        return f"{name}.{_MEANT_ENDING[ending]}"
    if ending in _CUT_SHORT and (f"{name}.com" in PROVIDERS or f"{_NEAR.find(name)}.com" in PROVIDERS):
        return f"{name}.com"
    return domain
