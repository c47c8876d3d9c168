//! Sentences in English, French and Spanish, and the plainest ones in Arabic: which of the choices they mean. Patterns run over one folded sentence at a
//! time (no accents, no case, no punctuation), so "haven't" is "haven t". A letter of a word is `[^ ]` there: `\w` means the same,
//! but each one brings all of Unicode's letters into the pattern, which would make these patterns the most of what the program holds in memory.
//!
//! A sentence that denies what it names ("I don't want to stop"), weighs it ("perhaps I should stop"), asks about it
//! ("what happens if I stop?") or tells of somebody else ("she wants to stop") asks for nothing: see [`Manner`].

use crate::mail::inbound::pattern::Pattern;
use crate::places::fold::fold;
use crate::programme::event::Intent;

/// What sentences ask for outside of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// Clear enough to act on.
    Certain(Intent),
    /// As clear, but it ends, erases or exports something: only its exact word does that.
    Seems(Intent),
    /// It asks for two things, or only thinks about one.
    Doubtful,
}

static WELL: Pattern = Pattern::new(concat!(
    r"\b(go(es|ing)?|went|it s|is|are|everything|things?|all|works?|working|get(ting)? (on|along)|communicat(ing|e)|start(ed)?|doing) ((is|are|has been|have been|really|very|so|quite|pretty|all|just|going|off|out|us|along) )*(well|great|fine|good|wonderful(ly)?|fantastic(ally)?|brilliant(ly)?|excellent(ly)?|smooth(ly)?|lovely|perfect(ly)?|swimmingly|nicely)\b",
    r"|^((hi|hello|dear|yes|oh|all|very|so) )*(good|great|fine|well|excellent|perfect|wonderful|brilliant)( (so far|thanks|thank you).*)?$",
    r"|\bwe (both )?(talk|speak|write|chat|email|mail|skype|zoom|meet|correspond|message)\b",
    r"|\bwe (have|ve|had|are|re|keep|stay)( (already|both|been|now|just|had|also))* (in (regular |close |good |weekly |constant |frequent )?(touch|contact)|talked|spoken|met|emailed|written|exchang[^ ]*|chatt?(ed|ing)|writing|talking|emailing|skyped|zoomed|a (very )?(good|great|nice|lovely) (chat|talk|call|conversation|exchange))",
    r"|\b(enjoy(ing)?|love|loving) (it|our|the|my|writing|talking|working)\b",
    r"|\b(tout|ca|cela|ca|tres|se passe|marche|va|vont|passe) ((se|passe|va|marche|vraiment|tres|plutot|super|toujours) )*(bien|super|parfait(ement)?|a merveille)\b|^(oui )?(tres |tout )?(bien|parfait|super|impeccable)( merci)?$|\bnous (nous )?(ecrivons|parlons|echangeons|discutons|avons (deja )?(echange|parle|discute))|\bsommes en contact\b|\bon s ecrit\b",
    r"|\b(va|van|todo|vamos|esta|estamos|marcha|anda|funciona|ha ido|yendo) ((va|esta|muy|todo|yendo|realmente|super|de) )*(bien|genial|estupend[^ ]*|excelente(mente)?|perfect[^ ]*|maravilla|fenomenal)\b|^(si )?(muy |todo )?(bien|genial|perfecto|excelente|estupendo)( gracias)?$|\bnos (escribimos|hablamos|comunicamos|hemos (escrito|hablado))|\bestamos en contacto\b",
    r"|\b(على ما يرام|بخير|بشكل جيد|ممتاز)\b",
));

static SLOW: Pattern = Pattern::new(concat!(
    r"\b(slow|slowly|slower|sporadic[^ ]*|occasional[^ ]*|now and then|now and again|from time to time|once in a while|off and on|on and off|infrequent[^ ]*|irregular[^ ]*|rarely|seldom|only once|not (very |so |that |as )?(often|much|regular[^ ]*)|not as often|took (a|some|quite|her|him|them) .{0,12}(while|time)|a bit quiet|little contact|both (very |been |are )*busy)\b",
    r"|\b(lent|lente|lentement|doucement|de temps en temps|peu de contacts?|pas tres souvent|pas souvent|rarement|irregul[^ ]*)\b",
    r"|\b(lento|lenta|despacio|lentamente|de vez en cuando|poco contacto|no muy a menudo|pocas veces|raramente|irregular[^ ]*|poco a poco)\b",
    r"|\b(ببطء|بطيء|بطيية|احيانا|نادرا|قليلا ما)\b",
));

static NOT_HEARD: Pattern = Pattern::new(concat!(
    r"\b(have|has|had|ve|s|did|do|does|am|is|are) ?(not|n t|nt|t) ((yet|still|actually|really|ever|even) )*(heard|hear|hearing|received|receive|got|gotten|get|had|replied|reply|answered|answer|responded|respond|responding|replying|answering|written|write|wrote|come|contacted|contact|been in (touch|contact)|in (touch|contact)|seen|emailed)\b",
    r"|\b(haven|hasn|hadn|didn|doesn|isn|aren) ?t ((yet|still|actually|really|ever|even) )*(heard|hear|received|receive|got|gotten|get|had|replied|reply|answered|answer|responded|respond|responding|replying|answering|written|write|come|contacted|contact|been in (touch|contact)|in (touch|contact)|seen|emailed)\b",
    r"|\bnever ((yet|even|once|ever|really) )?(heard|hear|repl(ied|ies|y)|answer(s|ed)?|respond(s|ed)?|wr(o|i)tes?|written|got|gets?|received?|came|comes?|contact(s|ed)( me)?)\b|\b(vanished|disappeared|gone quiet|nowhere to be found)\b",
    r"|\bno (reply|replies|answer|response|responses|word|news|contact|sign|sign of life|email|mail|message|reaction|communication|luck)\b|\bnothing (yet|so far|from|since|heard|at all)\b|\b(not|nt) (heard|had) (a |any|from|back)|\bnot yet\b|\b(radio )?silence\b|\b(is|has been|been|went|gone|remains?|stays?) silent\b|\bghost(ed|ing)\b|\blost (touch|contact)\b|\bstill waiting\b|\bunresponsive\b|\bstopped (writing|replying|answering|responding)\b",
    r"|^no$",
    r"|\b(pas|jamais|rien) ((encore|eu|de|du) )*(eu|recu|repondu|reponse|nouvelles?|entendu|contact|ecrit|donne signe)\b|\b(aucune?|sans|pas de) (reponse|nouvelles?|contact|message|signe|retour)\b|\bn a (pas|jamais|rien)\b|\bpas encore\b|^non$|\bsilence\b|\brien (encore|recu|depuis|de)\b|\bne? (m |me )?(a|ecri[^ ]+|repon[^ ]+|donn[^ ]+|contacte[^ ]*)( [^ ]+)? ?(pas|plus|jamais|rien)\b|\b(jamais|plus|pas) (de )?(reponse|nouvelles)\b|\ba disparu\b",
    r"|\bno (he|ha|hemos|me ha|me han|tengo|tenemos|se|recibi|recibo|hay|contesta|responde|me contesta|me responde|me escribe) ?((recibido|sabido|tenido|oido|escrito|respondido|contestado|noticias|respuesta|contacto|nada|de|ninguna|ningun|se|aun|todavia|sabe) ?)*\b|\bnada (todavia|aun|de|desde)\b|\b(sin|ninguna|ningun) (respuesta|noticias?|contacto|mensaje)\b|\b(todavia|aun) no\b|\b(nunca|jamas) (me )?(ha|he|contest[^ ]+|respond[^ ]+|escrib[^ ]+|recib[^ ]+)\b|\bno (me |nos )?(escribe|contesta|responde|da senales)\b|\bsilencio\b|\b(desaparecio|ha desaparecido)\b",
    r"|\b(لم|ما) (يصلني|اسمع|يرد|ترد|يكتب|تكتب|استلم|اتلق|يجب|يصل|وصلني)\b|\b(لا|بدون) (رد|جواب|خبر|اخبار)\b|^لا$",
));

static OTHER_PARTNER: Pattern = Pattern::new(concat!(
    r"\b(not|n t|nt|isn t|aren t|never) ((a|an|really|very|the|such|quite|that|well|made|each) )*(good |great |right |best |ideal )?(fit|match|matched|suited|compatible)\b|\b(don t|do not|doesn t) (really |seem to )?(fit|match|get on|get along)\b|\b(some ?one|some ?body|any ?one) else\b|\b(new|another|different|other) (partner|match|person|buddy|peer|mentor)\b|\b(change|swap|switch) (of )?(my |the |a )?(partner|match)s?\b|\bincompatible\b|\bnothing in common\b|\b(bad|poor|wrong) (fit|match)\b|\brematch(ed)?\b",
    r"|\b(autre|nouveau|nouvelle|changer de) (partenaire|personne|binome|correspondante?)\b|\bquelqu un d autre\b|\b(pas|mal) (tres |vraiment )?(bien )?(assortis?|compatibles?|faits l un)\b|\bne (me |nous )?(convient|convenons) pas\b|\brien en commun\b",
    r"|\b(otra|otro|nueva|nuevo|cambiar de|cambio de) (pareja|companer[oa]|persona|partner)\b|\balguien (mas|diferente|distinto)\b|\bno (somos|es|hacemos|encajamos|congeniamos) ?(una |un |muy |la )?(buena |buen )?(compatibles|pareja|combinacion|adecuad[oa]|nos)?\b|\bnada en comun\b",
    r"|\b(شريك|شريكا|شريكة) (اخر|اخرى|جديد|جديدا|جديدة)\b|\b(لسنا|غير) مناسبين\b",
));

static MUST_STOP: Pattern = Pattern::new(concat!(
    r"\b(have|has|need|want|wish|like|must|going|got|gotta|forced|decided|prefer|obliged|afraid i( ll)?) (me )?(to )?(unfortunately )?(stop|quit|withdraw|leave|drop|resign|pull out|step (down|back)|give up|end (this|my|our|it)|discontinue|cancel my participation|get out)\b|\b(can ?not|can ?t|cant|unable to|not able to|won t be able to|no longer) ((any ?more|longer|be able to|able to) )*(continue|go on|carry on|participate|take part|commit|do this|keep (this |it )?up|be part)\b|\bi quit\b|\bi (will|ll|shall) (stop|quit|withdraw|leave|drop out)\b|\bwithdraw(ing|al)?\b|\bdrop(ping)? out\b|\bstop (my )?participat[^ ]+\b|\bend (my|our) (participation|partnership)\b|\btake me (off|out of) the (programme|program|round|exchange)\b|\b(don t|do not|no longer) (want|wish) to (be|take) (a )?part\b",
    r"|\b(dois|veux|souhaite|voudrais|faut|oblige[^ ]*|prefere|decide|vais|aimerais|contrainte?) (que je )?(malheureusement )?(d |de |me |m )*(arreter|arrete|retirer|quitter|abandonner|cesser|stopper|desister|mettre fin)\b|\b(ne peux|ne pourrai|ne suis|n est|ne m est|ne nous est) (plus|pas) (en mesure de |possible de )?(continuer|participer|poursuivre)\b|\bje (m arrete|me retire|me desiste|abandonne|quitte)\b",
    r"|\b(tengo que|debo|quiero|quisiera|necesito|prefiero|gustaria|decidido|voy a|obligad[oa] a) (dejarlo|dejar (el|la|este|esta)|dejar de participar|parar|retirarme|abandonar|renunciar|darme de baja del programa|salir|terminar)\b|\bno (puedo|podre|podria) (mas |ya )?(continuar|seguir|participar)\b|\bya no (puedo|quiero) (seguir|continuar|participar|mas)\b|\bme retiro\b|\blo dejo\b|\babandono\b",
    r"|\b(علي|يجب|اريد|اود|مضطر|مضطرة) ((علي|الى) )?(ان اتوقف|ان انسحب|التوقف|الانسحاب)\b|\bلا (استطيع|يمكنني) (ان استمر|الاستمرار|المتابعة|ان اتابع)\b",
));

static NEED_HELP: Pattern = Pattern::new(concat!(
    r"\b(need|want|like|could use|have) (some |your |a bit of |a little |any )?(help|assistance|support|advice|guidance)\b|\b(please|pls|can (you|someone|somebody|anybody)|could (you|someone|somebody|anybody)|would you) (please )?(help|assist|advise|contact me|call me)\b|\bhelp me\b|\bneed (to (talk|speak)|a (coordinator|person))\b|\b(talk|speak) (to|with) (a (coordinator|person|human)|somebody|someone)\b|\bi (have|ve got|ve) (a |some )?(problem|problems|issue|trouble|question)\b",
    r"|\b(besoin|demande) (d |de |urgente? d )*(aide|assistance|conseils?|soutien)\b|\b(pouvez vous|pourriez vous|veuillez|quelqu un (peut|pourrait)( il)?) (m |me )?(aider|contacter|conseiller)\b|\baidez moi\b|\bj ai un(e)? (probleme|souci|question)\b|\bparler (a|avec) (quelqu un|une personne|un coordinateur|une coordinatrice)\b",
    r"|\b(necesito|quiero|pido|requiero) (de )?(su |tu |un poco de |alguna? )?(ayuda|apoyo|consejo|asistencia)\b|\b(pueden|puede|podrian|podria|puedes|alguien puede) (ayudar[^ ]*|contactar[^ ]*|aconsejar[^ ]*)\b|\bayuden[^ ]*\b|\btengo (un |una )?(problema|duda|pregunta)\b|\bhablar con (alguien|una persona|un coordinador|una coordinadora)\b",
    r"|\b(احتاج|اريد|ارجو|اطلب) (الى )?(مساعدة|المساعدة|مساعدتكم)\b|\b(ساعدوني|لدي (مشكلة|سؤال))\b",
));

/// What somebody did to the writer, or how it made them feel. The same words about something else ("we talked about
/// harassment in libraries") are none: what a concern does is not small.
static CONCERN: Pattern = Pattern::new(concat!(
    r"\b(harass[^ ]*|insult(s|ed|ing)|threaten[^ ]*|stalk(s|ed|ing)|bull(y|ies|ied|ying)|abus(es|ed|ing)|intimidat[^ ]+|discriminat(es|ed|ing) against|scam(s|med|ming)) me\b|\b(mak(e|es|ing)|made|feel|felt|feeling|am) (me )?(feel )?(very |so |really |quite |a bit |rather )?(uncomfortable|unsafe|threatened|harassed|intimidated|insulted|bullied|stalked)\b|\b(he|she|they|partner|it) (is|are|was|were|has been|have been|gets|got|became|becomes) (being |very |so |really |quite |rather |verbally |extremely )*(inappropriate[^ ]*|abusive|offensive|creepy|aggressive|racist|sexist|rude to me|threatening)\b|\b(send|sends|sent|sending|makes?|made|making|wrote|writes|says?|said) (me |to me )?([^ ]+ ){0,3}(inappropriate|offensive|abusive|sexual|racist|sexist|insulting|threatening) ([^ ]+)\b|\bask(s|ed|ing)? (me )?([^ ]+ )?for (money|my bank|my password|a loan|nude[^ ]*)\b|\bi (want|would like|need|wish|have) to report (him|her|them|my partner|a concern|an incident|harassment|inappropriate)\b|\bserious concern about\b",
    r"|\b(m a|me|m ont|il m|elle m) (harcel[^ ]*|insult[^ ]*|menac[^ ]*|intimid[^ ]*|agress[^ ]*)\b|\b(me (met|sens|mets|suis sentie?)|mise?|m a mise?) ([^ ]+ )?(mal a l aise|en danger|menacee?|harcelee?|pas en securite)\b|\b(il|elle|partenaire) (est|a ete|etait|devient|s est montree?) (tres |vraiment )?(deplacee?|insultante?|agressi[^ ]+|raciste|sexiste|menacante?|inappropriee?)\b|\b(messages?|propos|remarques?|photos?|comportement) ([^ ]+ ){0,2}(deplacee?s?|inapproprie[^ ]*|racistes?|sexistes?|sexuel[^ ]*|insultant[^ ]*|menacant[^ ]*)\b|\b(m a demande|me demande|il demande|elle demande) ([^ ]+ )?(de l argent|un pret|mon mot de passe|mes coordonnees bancaires)\b|\bsignaler (un|une|le|la|mon|ma) (comportement|harcelement|incident|partenaire)\b",
    r"|\bme (ha )?(acos[^ ]+|insult[^ ]+|amenaz[^ ]+|intimid[^ ]+|hostig[^ ]+)\b|\bme (siento|hace sentir|hizo sentir|ha hecho sentir|senti) (muy |bastante |realmente )?(incomod[oa]|insegur[oa]|amenazad[oa]|acosad[oa]|mal con)\b|\b(es|fue|ha sido|esta siendo) (muy |bastante )?(ofensiv[oa]|agresiv[oa]|racista|sexista|amenazante)\b|\b(mensajes?|comentarios?|fotos?|comportamiento) ([^ ]+ ){0,2}(inapropiad[oa]s?|inadecuad[oa]s?|ofensiv[oa]s?|racistas?|sexistas?|sexual[^ ]*|amenazantes?)\b|\bme (ha )?(pidio|pide|pedido|esta pidiendo) ([^ ]+ )?(dinero|un prestamo|mi contrasena|mis datos bancarios)\b|\b(quiero|deseo|quisiera|tengo que) (denunciar|reportar)\b",
));

/// Words that belong to a concern wherever they stand; alone they only bring a person in.
static WORRYING: Pattern = Pattern::new(concat!(
    r"\b(harass[^ ]*|inappropriate[^ ]*|abusive|abused?|offensive|insult[^ ]*|threat[^ ]*|stalk[^ ]*|unsafe|uncomfortable|creepy|scam[^ ]*|sexual[^ ]*|racist|sexist|bully[^ ]*|intimidat[^ ]*|code of conduct|for money)\b",
    r"|\b(harcel[^ ]*|inapproprie[^ ]*|menac[^ ]*|mal a l aise|raciste|sexiste|de l argent|code de conduite)\b",
    r"|\b(acos[oa][^ ]*|inapropiad[^ ]*|inadecuad[^ ]*|ofensiv[^ ]*|amenaz[^ ]*|incomod[oa]|racista|sexista|dinero|codigo de conducta)\b",
));

static SIGN_OF_LIFE: Pattern = Pattern::new(concat!(
    r"\b(i m|i am|im|yes i m|still) (still )?(here|alive|around|there)\b|\b(will|ll|going to|shall|about to) ([^ ]+ )?(write|email|mail|contact|reply|answer|get (back|in touch)|respond|message|reach out)\b|\b(have|ve|just|already|did) (just |already |now )?(written|wrote|write|emailed|replied|answered|contacted|sent|messaged)\b|\bwrite (to )?(her|him|them|my partner|you)? ?(today|tomorrow|tonight|now|soon|this week)\b|\b(writing|replying) (to (her|him|them) )?(now|today|right away)\b|^yes( .{0,40})?$",
    r"|\bje (suis|suis toujours|suis bien) la\b|\b(vais|j ecris|ecrirai|repondrai|ecris) .{0,20}(ecrire|repondre|contacter|aujourd hui|demain|lui)\b|\bje lui (ecris|ecrirai|reponds|repondrai|ai ecrit)\b|\bj ai (deja )?(ecrit|repondu)\b|^oui( .{0,40})?$|\btoujours la\b",
    r"|\b(sigo|estoy|aqui) (aqui|estoy)\b|\b(voy a|le|les) (escribir[^ ]*|escribo|escribire|contest[^ ]*|respond[^ ]*|contactar[^ ]*)\b|\b(escribire|escribo|contestare|respondere) (hoy|manana|ya|pronto)?\b|\bya (le )?(he )?(escrito|escribi|contestado|respondido)\b|^si( .{0,40})?$",
    r"|\b(ساكتب|ساراسل|انا هنا|ما زلت هنا|ساجيب|سارد)\b|^نعم( .{0,40})?$",
));

static AWAY: Pattern = Pattern::new(concat!(
    r"\b(away|on (annual |sick |maternity |parental |paternity |study )?leave|on holidays?|on vacation|travell?ing|out of (the )?(office|country|town)|in (the )?hospital|off work|off sick|back (on|in|after|from|by|at)|return(ing)? (on|in)|not available|unavailable|until|till)\b",
    r"|\b(absente?|en conges?|en vacances|en voyage|en deplacement|en arret|hospitalise[^ ]*|a l hopital|de retour|jusqu (au|a|en)|indisponible|conge maternite)\b",
    r"|\b(ausente|fuera|de vacaciones|de viaje|viajando|de baja (medica|por)|hospital|hospitalizad[oa]|de licencia|regreso|vuelvo|hasta (el|la|finales|principios|mediados|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre)|no disponible|de permiso)\b",
    r"|\b(غايب|غايبة|مسافر|مسافرة|في اجازة|في سفر|في المستشفى|ساعود)\b",
));

static STOP_MAIL: Pattern = Pattern::new(concat!(
    r"\b(stop|quit|cease) (sending|emailing|mailing|writing|contacting|receiving|getting|all|these|the|your|any)( (me|us|to|more|your|these|the|any|all))* ?(e ?mails?|mails?|letters|messages|reminders|me|us)\b|\bstop (emailing|mailing|contacting|writing to)\b|\b(take|remove|delete|strike) me (off|from)( (your|the|this|all))* (mailing |distribution |email )?lists?\b|\bunsubscribe\b|\b(don t|do not|dont|no longer|not) (want|wish) (to (get|receive|hear|be contacted)|any|your|these|more)( .{0,18})?(e ?mails?|mails?|letters|messages|from you|contacted)\b|\b(don t|do not|dont) (email|mail|write|contact|send)( to)? (me|us)( (any|more|these))*( (e ?mails?|mails?|letters|messages|again|any ?more))?$|\b(don t|do not|dont) send (me )?(any )?(more )?(e ?mails?|mails?|letters|messages)\b|\bno more (e ?mails?|mails?|letters|messages)\b|\bleave me alone\b|\bopt out\b",
    r"|\b(arretez|cessez|arreter|cesser) (de |d )(m )?(envoyer|ecrire|contacter|recevoir)\b|\bne (m envoyez|m ecrivez|me contactez|m envoyer) plus\b|\b(desabonne[^ ]*|desinscri[^ ]*)\b|\b(ne|n) ([^ ]+ )?(veux|souhaite|desire) plus (recevoir|etre contactee?)\b|\bne plus (recevoir|etre contactee?|m envoyer|m ecrire|me contacter|m adresser)\b|\bplus de (courriels?|mails?|messages|lettres)\b|\b(retirez|enlevez|supprimez|rayez) moi de (la|votre|cette|vos) liste[^ ]*\b|\blaissez moi tranquille\b",
    r"|\b(dejen|deje|dejar|deja) de (enviar[^ ]*|escribir[^ ]*|mandar[^ ]*|recibir)( [^ ]+){0,2} ?(correos|mensajes|cartas|emails|mails)?\b|\bno (me )?(envien|escriban|manden|envie|contacten|escriba) mas\b|\bdar(me)? de baja( de (la|su|esta) lista)?$|\bno (quiero|deseo) (recibir )?mas (correos|mensajes|cartas|emails|mails)\b|\bdesuscrib[^ ]*\b|\b(quitenme|borrenme|saquenme|eliminenme) de (la|su|esta) lista\b|\bdejenme en paz\b",
));

static PAUSE: Pattern = Pattern::new(concat!(
    r"\b(pause|(take|taking|need|have|want|like) (a|some) ((short|little|small|brief|longer|bit of a) )?(break|time off|time out)|(put|place|putting) ([^ ]+ ){0,3}on hold|suspend my|(stop|step back|withdraw|interrupt) ([^ ]+ )?(for (a (while|bit|time|few [^ ]+|couple of [^ ]+)|some (time|weeks|months)|([^ ]+ )?(days|weeks|months?)|one month)|until|till|temporarily)|go on hold)\b",
    r"|\b((faire|prendre|fais|prends|besoin d) (une )?(petite |courte )?pause|mettre ([^ ]+ ){0,3}en (pause|suspens)|suspendre|une pause|(arreter|m arreter|interrompre) ([^ ]+ )?(pendant|jusqu|temporairement|pour (quelques|un|une|deux|trois) [^ ]+))\b",
    r"|\b((hacer|tomar(me)?|necesito|quiero) (una )?(pequena )?pausa|una pausa|pausar|(poner|pongan|ponga|pongo)(me|lo)? ([^ ]+ ){0,5}en (pausa|espera)|suspender|(un descanso|tomarme un tiempo)|parar (por (un|unas|unos|algunas|algunos)|durante|hasta|temporalmente))\b",
));

static TOPICS: Pattern = Pattern::new(concat!(
    r"\b(stop|no more|without|don t (send|want|need)|do not (send|want|need)|dont (send|want|need)|turn off|switch off|no longer (want|need)|tired of) ((me|sending|the|any|your|more|these|receiving|to receive|to get|getting|fortnightly) )*(discussion )?topics\b|\btopics off\b",
    r"|\b(plus|sans|arreter|arretez|cessez) ((de|d|les|des|recevoir|m|envoyer|envoyez|avoir) )*(themes|sujets)( de discussion)?\b|\bne (m envoyez|veux|souhaite) plus (recevoir )?(de |les |vos )*(themes|sujets)\b",
    r"|\b(sin|no mas|no quiero|dejar de|dejen de|no (me )?(envien|manden) mas) ((los|mas|recibir|enviar[^ ]*|mandar[^ ]*) )*temas\b",
));

static DATA: Pattern = Pattern::new(concat!(
    r"\b(everything|all|what|whatever|which|data|information|details|record[^ ]*) ([^ ]+ ){0,5}(you|pairpost|the programme) ([^ ]+ )?(hold|holds|have|has|keep|keeps|stored?|stores|know|knows|collect[^ ]*|saved?|recorded) ([^ ]+ ){0,2}(on|about|of|concerning) me\b|\b(hold|held|stored?|keep|kept|saved|recorded|collected) (on|about) me\b|\b(copy|export|extract|overview|access) (of|to) ([^ ]+ ){0,3}(my|personal) ([^ ]+ )?(data|information|details|file|records?)\b|\b(send|give|show|email|forward) me ([^ ]+ ){0,5}my (personal )?(data|information|records?|file)\b|\b(see|get|receive|download|have) (all )?(of )?my (personal )?data\b|\b(subject|data) access request\b|\bwhat (data|information) do you (have|hold|keep|store)\b|\bsend my data\b",
    r"|\b(tout ce que|ce que|tout|donnees|informations|que|quelles) ([^ ]+ ){0,5}(vous|avez|detenez) ?(vous )?(avez|detenez|conservez|savez|gardez|possedez|enregistre|stockez)?( enregistre| stocke| garde)? (sur moi|a mon sujet|me concernant|de moi)\b|\b(copie|acces|export|extrait) (de |a |d )(l ensemble de |toutes |toute )?(mes (donnees|informations)|mon dossier)\b|\b(envo[^ ]+|communiqu[^ ]+|transm[^ ]+|donn[^ ]+|obtenir|recevoir|consulter|voir) ([^ ]+ ){0,4}(mes (donnees|informations)|(donnees|informations) ([^ ]+ ){0,2}(sur moi|me concernant))\b|\bdroit d acces\b|\bmes donnees personnelles$",
    r"|\b(todo lo que|lo que|que (datos|informacion)|datos|informacion|todo) ([^ ]+ ){0,4}(tienen|tiene|guardan|guarda|conservan|saben|sabe|almacenan|poseen) ([^ ]+ ){0,2}(sobre|de|acerca de) mi\b|\b(copia|acceso|exportacion) (de|a) (todos )?(mis datos|mi informacion)\b|\b(envi[^ ]+|mand[^ ]+|dar[^ ]*|recibir|ver|obtener|consultar|facilit[^ ]+) ([^ ]+ ){0,3}(mis datos|mi informacion)\b|\bderecho de acceso\b|\bmis datos personales$",
));
static FORGET: Pattern = Pattern::new(concat!(
    r"\b(delet(e|ing|ion of)|eras(e|ing|ure of)|remov(e|ing|al of)|destroy|wipe|get rid of|purge) ([^ ]+ ){0,6}(data|information|details|records?|account|profile|everything)\b|\b(data|details|information|account|records?|profile) (to be )?(deleted|erased|removed)\b|\b(delete|erase|forget) (me|about me|that i)\b|\bremove me from ([^ ]+ )?(database|records|system|files)\b|\bright to (be forgotten|erasure)\b",
    r"|\b(effac[^ ]+|supprim[^ ]+|detrui[^ ]+) ([^ ]+ ){0,5}(donnees|informations|compte|profil|dossier|tout)\b|\b(oubliez moi|m oublier|effacez moi|supprimez moi$)\b|\bdroit a l (oubli|effacement)\b",
    r"|\b(borr[^ ]+|elimin[^ ]+|suprim[^ ]+|destru[^ ]+) ([^ ]+ ){0,5}(datos|informacion|cuenta|perfil|registros?|todo)\b|\b(olvid[^ ]+ de mi|olvidenme|olvidarme)\b|\bderecho (al olvido|de supresion|a la supresion)\b",
));

static APPLY: Pattern = Pattern::new(concat!(
    r"\b(like|want|wish|love|hoping|keen|interested|possible|how (do|can|could|would) i|can i|could i|may i|ready) (to |in )?(apply|applying|join|joining|take part|taking part|participate|participating|sign up|signing up|register|registering|enrol[^ ]*|be part of)( (in|for|to|with|of))?( (the|your|this|next|a|another|new|peer|mentoring|international|librar[^ ]+|coming|exchange))*( (programme|program|round|exchange|mentoring|scheme|project|pairpost|again|too|please|thanks|thank you))*( (and|from|because|as|this|next|if|what|when|with) .*)?$|\b(send|get|receive|have|fill in) (me )?(the|your|an?) (application )?form\b|\binterested in (the|your|this) ([^ ]+ ){0,3}(programme|program|exchange|mentoring|scheme)\b",
    r"|\b(voudrais|souhaite[^ ]*|aimerais|veux|comment|desire|interesse[^ ]* (a|pour|de)|puis je|peut on) (faire pour )?(participer|postuler|m inscrire|s inscrire|candidater|rejoindre|prendre part|deposer ma candidature|me porter candidate?)( (a|au|aux|le|la|votre|ce|cette|prochain[^ ]*|nouve[^ ]+|programme|echange|mentorat|edition|session|tour|merci|s il vous plait))*( (et|de|depuis|car|parce|cette|s il) .*)?$|\b(envoye[^ ]+|envoyer|recevoir|avoir) ([^ ]+ ){0,2}(le|un|votre) formulaire\b|\binteresse[^ ]* par (le|votre|ce) ([^ ]+ )?(programme|echange|mentorat)\b",
    r"|\b(quiero|quisiera|gustaria|deseo|como (puedo|se puede|hago para)|puedo|interesad[oa] en|me interesa) (participar|inscribirme|apuntarme|unirme|postular[^ ]*|solicitar[^ ]*|registrarme|tomar parte|presentar mi (solicitud|candidatura))( (en|al?|el|la|su|este|esta|proxim[^ ]+|nuev[^ ]+|programa|intercambio|mentoria|edicion|ronda|una|plaza|gracias|por favor))*( (y|desde|de|porque|con|este|si) .*)?$|\b(envi[^ ]+|mand[^ ]+|recibir) ([^ ]+ ){0,2}(el|un|su) formulario\b|\bme interesa (el|su|este) (programa|intercambio)\b",
));

/// What matches, and what it means.
type Rule<T> = (T, &'static Pattern);

static CHECK_IN: [Rule<u8>; 6] = [
    (1, &WELL),
    (2, &SLOW),
    (3, &NOT_HEARD),
    (4, &OTHER_PARTNER),
    (5, &MUST_STOP),
    (6, &NEED_HELP),
];
static ARE_YOU_THERE: [Rule<u8>; 3] = [(1, &SIGN_OF_LIFE), (2, &AWAY), (3, &MUST_STOP)];
/// Beside [`CONCERN`], which comes first.
static ANY_TIME: [Rule<Intent>; 9] = [
    (Intent::ForgetMe, &FORGET),
    (Intent::MyData, &DATA),
    (Intent::TopicsOff, &TOPICS),
    (Intent::Stop, &STOP_MAIL),
    (Intent::Pause, &PAUSE),
    (Intent::Withdraw, &MUST_STOP),
    (Intent::NewPartner, &OTHER_PARTNER),
    (Intent::Apply, &APPLY),
    (Intent::Help, &NEED_HELP),
];

/// Words that turn a good answer round: "not going well", "no va bien".
static NOT_WELL: Pattern = Pattern::new(
    r"\b(not|n t|isn t|wasn t|aren t|hasn t been|never|hardly|could be|no|ne|pas|n est) ((been|it|is|all|be|really|very|so|too|that|quite|going|working|getting on|getting along|va|esta|todo|muy|se|passe|marche|tres|me|nos) ){0,4}(well|great|fine|good|better|bien|smooth[^ ]*)\b|\b(va|passe|marche) (pas|mal)\b|\bva mal\b|\b(ليس|ليست|لا|لم) ([^ ]+ ){0,2}(على ما يرام|بخير|بشكل جيد)\b",
);

/// The writer has not written: they have heard nothing because nothing was asked.
static I_AM_SILENT: Pattern = Pattern::new(concat!(
    r"\b(i|we) (have|had|ve|did|do)? ?(not|n t|nt|haven t|hadn t|didn t|never) ((yet|actually|really|ever|even) )*(written|write|wrote|replied|reply|answered|answer|responded|respond|contacted|contact|emailed)\b",
    r"|\b(je|j|nous) (ne |n )?(l |lui |leur )*(ai|avons) (pas|jamais|rien) (encore )?(ecrit|repondu|contacte[^ ]*)\b|\bje (ne |n )?(lui |leur )?([^ ]+ )?(reponds|ecris) (pas|jamais)\b",
    r"|\b(aun |todavia )?(no|nunca) (le |les )?(he|hemos) ([^ ]+ )?(escrito|contestado|respondido|contactado)\b|\bno (le|les) (escribi|conteste|respondi)\b",
));

/// What is denied: "I don't want to stop", "please do not delete my data".
static DENIED: Pattern = Pattern::new(concat!(
    r"\b(not|don t|dont|never|won t|no need to|no intention of|instead of|rather than|without|no plans? to|no wish to|doesn t mean) ([^ ]+ ){0,3}(stop(ping)?|quit(ting)?|withdraw(ing)?|leav(e|ing)|drop(ping)?( out)?|paus(e|ing)|unsubscribe|delet(e|ing)|eras(e|ing)|remov(e|ing)|forget|give up|giving up|end (this|my|our)|report)\b|\b(not|don t|dont|never|no need for) (want|need|wish for|asking for|looking for|like)? ?([^ ]+ ){0,1}((another|new|different) partner|(some ?one|some ?body) else)\b",
    r"|\b(ne|n|sans|pas) ([^ ]+ ){0,4}(pas|plus|jamais|rien)? ?([^ ]+ ){0,2}?(arreter|quitter|retirer|abandonner|desabonner|effacer|supprimer|oublier|faire une pause)\b|\b(veux|souhaite|besoin) pas (d )?([^ ]+ )?(autre|nouveau|nouvelle) (partenaire|binome)\b|\b(n effacez|ne supprimez|n arretez|n oubliez) (pas|rien)\b",
    r"|\b(no|nunca|sin|en lugar de|en vez de) ([^ ]+ ){0,3}(parar|retirar[^ ]*|abandonar|dejar(lo)? (el|la|este|esta)|borr[^ ]+|elimin[^ ]+|pausar|hacer una pausa|olvid[^ ]+)\b|\bno (quiero|necesito|deseo|busco) ([^ ]+ )?(otra|otro|nueva) (pareja|companer[oa])\b",
));

/// What is only weighed, supposed, or over.
static WEIGHED: Pattern = Pattern::new(concat!(
    r"\b(if|whether|unless|in case|might|maybe|perhaps|may have to|may need|thinking (about|of)|thought (about|of|i)|considering|wonder(ing|ed)?|not sure|unsure|almost|nearly|was going to|were going to|wanted to|used to|changed my mind|suppose|what happens|what would happen|hypothetical[^ ]*|for example|example|someday|one day)\b",
    r"|\b(si (je|j|on|nous|quelqu)|au cas ou|peut etre|j hesite|je songe|je pense a|je me demande|pas sure?|presque|failli|j avais|allais|j ai change d avis|que se passe|qu arrive|par exemple)\b",
    r"|\b(si (yo|me|lo|quiero|quisiera|dejo|paro|necesito|alguien|uno)|en caso de|quizas?|tal vez|a lo mejor|puede que|pensando en|me pregunto|no estoy segur[oa]|casi|iba a|queria|he cambiado de opinion|que pasa|que pasaria|que ocurre|por ejemplo)\b",
));

/// Who is told of: not the writer.
static OF_OTHERS: Pattern = Pattern::new(concat!(
    r"\b(she|he|they|who|partner|mentor|colleague|friend|director|boss|library|son|daughter|wife|husband)( [^ ]+){0,3} (wants?|needs?|has|have|had|would like|is going|decided|must|can ?t|can ?not|cannot|wishes|asked|told|said|plans?|may|might|ll|will)( me)?( [^ ]+){0,3} (stop|quit|withdraw|leave|drop|end|continue|go on|carry on|pause|break|participate|(another|new|different) partner|some ?one else|unsubscribe|help)\b",
    r"|\b(elle|il|ils|elles|qui|partenaire|collegue|ami|amie)( [^ ]+){0,3} (veut|doit|souhaite|voudrait|peut|a decide|va|prefere|ont|a)( [^ ]+){0,3} (arreter|quitter|retirer|abandonner|continuer|pause|autre partenaire)\b",
    r"|\b(ella|ellos|ellas|quien|pareja|companer[oa]|colega|amig[oa])( [^ ]+){0,3} (quiere|debe|desea|quisiera|puede|ha decidido|va a|prefiere|tiene que)( [^ ]+){0,3} (parar|dejar[^ ]*|retirar[^ ]*|abandonar|continuar|seguir|pausa|otra pareja)\b",
));

/// A question that asks for something to be done rather than about it.
static REQUEST: Pattern = Pattern::new(concat!(
    r"\b(could|can|would) (you|someone|somebody|anybody|anyone)\b|\b(could|can|may|might) (i|we) (please )?(have|get|be|receive|see|ask)\b|\bplease\b|\bwould it be possible\b|\bis it possible\b",
    r"|\b(pouvez|pourriez|voulez|voudriez) vous\b|\bquelqu un (peut|pourrait)\b|\b(pourrais je|puis je|est ce que je (peux|pourrais)) (avoir|recevoir|obtenir|consulter|voir)\b|\bs il vous plait\b|\bserait il possible\b|\best il possible\b",
    r"|\b(podrian|podria|pueden|puede|puedes|podrias)( (ustedes|usted|alguien))?\b|\bpodria (yo )?(tener|recibir|ver)\b|\bpor favor\b|\bseria posible\b|\bes posible\b",
));

/// How a sentence says what it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    /// It says or asks for it.
    Plain,
    /// It weighs it, or tells of somebody else.
    Weighed,
    /// It asks about it.
    Asks,
    /// It says the contrary.
    Denied,
}

struct Sentence {
    folded: String,
    question: bool,
    manner: Manner,
}

/// "If possible" weighs nothing.
static POLITE: Pattern = Pattern::new(
    r"\b(if (it is |it s |that is |that s |at all )?(possible|ok|okay|all right|you can|you could|i may)|si (c est |cela est )?possible|si vous (le )?pouvez|si (es |fuera )?posible|si pueden)\b",
);

impl Sentence {
    /// `None` where it has no words.
    fn of(text: &str, question: bool) -> Option<Sentence> {
        let folded = fold(text);
        if folded.is_empty() {
            return None;
        }
        let bare = POLITE.regex().map_or(folded.as_str().into(), |polite| {
            polite.replace_all(&folded, "")
        });
        // Each piece between its commas denies for itself.
        let mut clauses = text.split([',', '，', '،', ':', '(']).map(fold);
        let manner = if clauses.any(|clause| DENIED.is_match(&clause)) {
            Manner::Denied
        } else if WEIGHED.is_match(&bare) {
            if question {
                Manner::Asks
            } else {
                Manner::Weighed
            }
        } else if OF_OTHERS.is_match(&folded) {
            Manner::Weighed
        } else if question && !REQUEST.is_match(&folded) {
            Manner::Asks
        } else {
            Manner::Plain
        };
        Some(Sentence {
            folded,
            question,
            manner,
        })
    }
}

/// The sentences at the beginning of a letter: an answer stands there, and later words may be about anything. A line
/// that ends is no end of a sentence, an empty one is.
fn cut(text: &str) -> Vec<Sentence> {
    let end = text
        .char_indices()
        .nth(1500)
        .map_or(text.len(), |(at, _)| at);
    let mut out = Vec::new();
    let mut rest = &text[..end];
    while !rest.is_empty() {
        let stop = rest
            .char_indices()
            .find(|(at, c)| {
                matches!(
                    c,
                    '.' | '!' | '?' | '…' | ';' | '。' | '？' | '！' | '؟' | '؛'
                ) || *c == '\n'
                    && rest[at + 1..]
                        .trim_start_matches([' ', '\t', '\r'])
                        .starts_with('\n')
            })
            .map(|(at, c)| (at, c.len_utf8()));
        let (sentence, question, next) = match stop {
            Some((at, length)) => (
                &rest[..at],
                rest[at..].starts_with(['?', '？', '؟']),
                &rest[at + length..],
            ),
            None => (rest, false, ""),
        };
        out.extend(Sentence::of(sentence, question));
        rest = next;
    }
    out
}

/// What somebody wrote, sentence by sentence.
pub struct Sentences {
    /// All of it, folded.
    whole: String,
    sentences: Vec<Sentence>,
}

impl Sentences {
    pub fn of(text: &str) -> Sentences {
        Sentences {
            whole: fold(text),
            sentences: cut(text),
        }
    }

    /// There are no words.
    pub fn say_nothing(&self) -> bool {
        self.whole.is_empty()
    }

    /// Of all sentences, the choices that they plainly make. `ends` are choices that a weighed or denied sentence does not
    /// make.
    fn choices(&self, rules: &[Rule<u8>], ends: &[u8]) -> Vec<u8> {
        let mut all: Vec<u8> = Vec::new();
        for sentence in &self.sentences {
            let mut some = found(rules, &sentence.folded);
            match sentence.manner {
                Manner::Plain => {}
                Manner::Asks => continue,
                Manner::Weighed | Manner::Denied => some.retain(|choice| !ends.contains(choice)),
            }
            if NOT_WELL.is_match(&sentence.folded) {
                some.retain(|choice| *choice != 1);
            }
            if some.contains(&3) && ends.contains(&4) && I_AM_SILENT.is_match(&sentence.folded) {
                some.retain(|choice| *choice != 3);
            }
            all.extend(some);
        }
        all.sort_unstable();
        all.dedup();
        all
    }

    /// The choice of a check-in that the words mean, where they mean one.
    pub fn check_in(&self) -> Option<u8> {
        if matches!(
            self.whole.as_str(),
            "yes" | "yes we have" | "yes we are" | "oui" | "si" | "yep" | "yeah" | "نعم"
        ) {
            return Some(1);
        }
        match self.choices(&CHECK_IN, &[4, 5])[..] {
            [one] => Some(one),
            // "It goes well, only slowly": in touch either way, and the weaker word is the news.
            [1, 2] => Some(2),
            _ => None,
        }
    }

    /// The choice of an are-you-there letter, likewise.
    pub fn are_you_there(&self) -> Option<u8> {
        match self.choices(&ARE_YOU_THERE, &[3])[..] {
            [one] => Some(one),
            // "I am away until Friday and will write then."
            [1, 2] => Some(2),
            _ => None,
        }
    }

    /// Whether somebody tells of what was done to them: this comes before everything else in a letter.
    pub fn concern(&self) -> bool {
        self.sentences.iter().any(|sentence| {
            sentence.manner != Manner::Denied
                && !sentence.question
                && CONCERN.is_match(&sentence.folded)
        })
    }

    /// What the words ask for outside of a question, where they tell of no concern.
    pub fn meaning(&self) -> Option<Meaning> {
        let mut all: Vec<Intent> = Vec::new();
        let mut weighed = false;
        let mut asks = false;
        for sentence in &self.sentences {
            let mut some = found(&ANY_TIME, &sentence.folded);
            let has =
                |some: &[Intent], intents: &[Intent]| some.iter().any(|it| intents.contains(it));
            // What is asked for a while, or of the letters alone, is not the whole.
            if has(
                &some,
                &[
                    Intent::Pause,
                    Intent::Stop,
                    Intent::TopicsOff,
                    Intent::ForgetMe,
                ],
            ) {
                some.retain(|it| !matches!(it, Intent::Withdraw | Intent::Apply));
            }
            if has(&some, &[Intent::TopicsOff]) {
                some.retain(|it| *it != Intent::Stop);
            }
            if has(&some, &[Intent::ForgetMe]) {
                some.retain(|it| !matches!(it, Intent::MyData | Intent::Stop));
            }
            if has(&some, &[Intent::Withdraw]) {
                some.retain(|it| *it != Intent::Apply);
            }
            let about_applying = has(&some, &[Intent::Apply]) && some.len() == 1;
            match sentence.manner {
                // "How do I apply?" asks for the form.
                // So does "What do you know about me?" for the answer.
                Manner::Asks if about_applying || some == [Intent::MyData] => {
                    all.extend(some);
                    continue;
                }
                Manner::Plain => {
                    if some.is_empty() && NOT_HEARD.is_match(&sentence.folded) {
                        some.push(Intent::Help);
                    }
                    all.extend(some);
                }
                Manner::Weighed => weighed |= !some.is_empty(),
                Manner::Asks => asks = true,
                Manner::Denied => {}
            }
            if WORRYING.is_match(&sentence.folded) {
                all.push(Intent::Help);
            }
            asks |= sentence.question;
        }
        all.sort_unstable();
        all.dedup();
        match all[..] {
            // Whoever asks for help gets a person, who reads the rest.
            _ if all.contains(&Intent::Help) => Some(Meaning::Certain(Intent::Help)),
            _ if weighed => Some(Meaning::Doubtful),
            [one @ (Intent::Stop | Intent::Pause | Intent::TopicsOff | Intent::Apply)] => {
                Some(Meaning::Certain(one))
            }
            [one] => Some(Meaning::Seems(one)),
            // To be forgotten ends all the rest.
            [Intent::Stop, Intent::ForgetMe]
            | [Intent::Withdraw, Intent::ForgetMe]
            | [Intent::Stop, Intent::Withdraw, Intent::ForgetMe] => {
                Some(Meaning::Seems(Intent::ForgetMe))
            }
            [] if asks => Some(Meaning::Certain(Intent::Help)),
            [] => None,
            _ => Some(Meaning::Doubtful),
        }
    }
}

fn found<T: Copy>(rules: &[Rule<T>], folded: &str) -> Vec<T> {
    rules
        .iter()
        .filter(|(_, pattern)| pattern.is_match(folded))
        .map(|(meaning, _)| *meaning)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_compiles() {
        for pattern in [
            &WELL,
            &SLOW,
            &NOT_HEARD,
            &OTHER_PARTNER,
            &MUST_STOP,
            &NEED_HELP,
            &CONCERN,
            &WORRYING,
            &SIGN_OF_LIFE,
            &AWAY,
            &STOP_MAIL,
            &PAUSE,
            &TOPICS,
            &DATA,
            &FORGET,
            &APPLY,
            &NOT_WELL,
            &I_AM_SILENT,
            &DENIED,
            &WEIGHED,
            &OF_OTHERS,
            &REQUEST,
            &POLITE,
        ] {
            assert!(pattern.regex().is_some());
        }
    }
}
