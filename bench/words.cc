#include "words.h"

#include <array>

namespace gleaner::bench {
namespace {

constexpr std::string_view kEnglishFunction =
    "the to a of and in is that for it you with on this be as are if your can not have or will from by an when I at "
    "but we so then any all which there into only after before use its do has more each them my what how just also "
    "than other these should could would first once where because while no one about out up does those without between "
    "still until some every both through since though however instead therefore meanwhile otherwise";

constexpr std::string_view kEnglishContent =
    "workflow step trigger field data email record error message value list file request user account response webhook "
    "customer order report spreadsheet form update template test table column filter time date action check connect "
    "run create add send set return find change key project calendar contact invoice payment task document number "
    "status make need work want help look keep start read write call save match map parse format retry schedule limit "
    "rate delay batch queue token header payload endpoint session database query index branch condition loop mapping "
    "schema object array string integer boolean timestamp attachment folder channel thread comment reply notification "
    "reminder approval deadline budget quarter region warehouse supplier shipment refund discount subscription renewal "
    "license contract proposal campaign audience segment conversion landing keyword summary paragraph sentence "
    "translation meeting agenda minutes interview candidate applicant salary onboarding training manager department "
    "assistant team dashboard chart metric threshold alert incident outage latency memory container cluster deployment "
    "rollback release version commit repository pipeline artifact package dependency compiler function variable "
    "parameter argument module interface library framework browser cookie password permission scope credential "
    "certificate encryption signature hash backup snapshot migration replica partition transaction constraint "
    "duplicate null empty missing invalid expired available required optional default custom manual automatic empty "
    "simple complex common typical specific original previous following current recent final initial separate shared "
    "public private internal external local remote weekly monthly daily annual quick slow large small long short new "
    "old single multiple entire partial exact approximate correct wrong better best easier reliable consistent "
    "expensive cheap safe useful important necessary possible likely unusual unexpected different similar identical "
    "relevant additional extra third second next last explain describe compare replace remove delete insert append "
    "merge split sort group count calculate convert validate verify confirm reject approve assign notify forward "
    "download upload import export extract transform combine select choose configure enable disable install restart "
    "monitor measure improve reduce increase avoid prevent handle support include contain require expect happen "
    "receive provide allow follow depend consider suggest recommend remember notice understand decide finish continue "
    "repeat wait skip ignore apply adjust review publish recipe garden kitchen weather journey museum mountain river "
    "island village holiday ticket passport luggage airport bicycle engine battery sensor temperature pressure voltage "
    "circuit antenna satellite telescope molecule protein vitamin muscle breathing exercise patient doctor diagnosis "
    "medicine allergy surgery insurance mortgage interest inflation currency dividend portfolio inventory revenue "
    "margin forecast seasonal baseline regression probability variance estimate sample population survey evidence "
    "hypothesis theorem equation triangle geometry algebra history century empire revolution parliament election "
    "treaty philosophy grammar vocabulary metaphor character chapter novel poem rhythm melody guitar orchestra "
    "painting sculpture photograph camera exposure contrast palette typography accessibility keyboard shortcut "
    "clipboard viewport scrolling animation gradient responsive layout navigation sidebar checkout basket voucher "
    "courier tracking warranty complaint escalation satisfaction feedback rating";

constexpr std::string_view kGermanFunction =
    "die der und in zu den das nicht von sie ist des sich mit dem dass er es ein ich auf so eine auch als an nach wie "
    "im für man aber aus durch wenn nur war noch werden bei hat wir was wird sein einen welche sind oder um haben "
    "einer mir über ihm diese einem ihr uns da zum kann doch vor dieser mich ihn du hatte seine mehr am denn nun unter "
    "sehr selbst schon hier bis habe ihre dann ihnen seiner alle wieder meine gegen vom ganz einzelne wo muss ohne "
    "eines können";

constexpr std::string_view kGermanContent =
    "Ablauf Schritt Auslöser Feld Daten Nachricht Datensatz Fehler Wert Liste Datei Anfrage Benutzer Konto Antwort "
    "Kunde Bestellung Bericht Tabelle Formular Vorlage Spalte Filter Zeit Datum Aktion prüfen verbinden starten "
    "erstellen hinzufügen senden setzen finden ändern Schlüssel Projekt Kalender Kontakt Rechnung Zahlung Aufgabe "
    "Dokument Nummer Zustand brauchen arbeiten helfen behalten lesen schreiben speichern zuordnen wiederholen planen "
    "Grenze Verzögerung Warteschlange Kopfzeile Sitzung Datenbank Abfrage Bedingung Schleife Zeichenkette Zeitstempel "
    "Anhang Ordner Kanal Kommentar Erinnerung Freigabe Frist Haushalt Lager Lieferant Lieferung Erstattung Rabatt "
    "Vertrag Angebot Zielgruppe Zusammenfassung Absatz Satz Übersetzung Besprechung Bewerber Gehalt Einarbeitung "
    "Abteilung Kennzahl Schwelle Störung Ausfall Speicher Bereitstellung Fassung Abhängigkeit Berechtigung Zertifikat "
    "Verschlüsselung Sicherung Umzug Vorgang doppelt leer fehlend ungültig abgelaufen verfügbar erforderlich möglich "
    "einfach schwierig üblich vorherig aktuell endgültig getrennt gemeinsam öffentlich wöchentlich monatlich schnell "
    "langsam genau richtig falsch zuverlässig günstig sicher nützlich wichtig ähnlich zusätzlich erklären vergleichen "
    "ersetzen entfernen löschen sortieren berechnen umwandeln bestätigen ablehnen zuweisen weiterleiten herunterladen "
    "auswählen einrichten messen verbessern vermeiden unterstützen enthalten erwarten erhalten empfehlen verstehen "
    "entscheiden überspringen";

constexpr std::string_view kFrenchFunction =
    "de la le et les des en un du une que est pour qui dans a par plus pas au sur ne se ce il sont avec ou son mais "
    "comme on si ses cette aux elle même deux entre dont fait aussi sans leur bien peut ces tous nous avant être très "
    "après sous tout vous faut donc alors lorsque chaque encore moins votre notre puis ainsi quand afin toujours "
    "jamais déjà";

constexpr std::string_view kFrenchContent =
    "étape déclencheur champ données courriel enregistrement erreur message valeur liste fichier demande utilisateur "
    "compte réponse client commande rapport tableau formulaire modèle colonne filtre heure date action vérifier "
    "connecter lancer créer ajouter envoyer définir trouver changer clé projet calendrier contact facture paiement "
    "tâche document numéro état besoin travailler aider garder lire écrire enregistrer associer réessayer planifier "
    "limite délai lot file jeton session requête condition boucle chaîne horodatage pièce dossier canal commentaire "
    "rappel approbation échéance budget région entrepôt fournisseur livraison remboursement remise abonnement contrat "
    "proposition campagne audience résumé paragraphe phrase traduction réunion candidat salaire formation équipe "
    "service indicateur seuil alerte incident panne mémoire déploiement version dépendance autorisation certificat "
    "chiffrement sauvegarde migration doublon vide manquant invalide expiré disponible obligatoire facultatif simple "
    "complexe habituel précédent actuel final séparé partagé public hebdomadaire mensuel rapide lent exact correct "
    "faux fiable cher utile important nécessaire possible différent semblable supplémentaire expliquer comparer "
    "remplacer supprimer trier compter calculer convertir confirmer refuser attribuer transférer télécharger choisir "
    "configurer mesurer améliorer éviter prévoir contenir attendre recevoir fournir permettre dépendre recommander "
    "comprendre décider continuer ignorer publier";

constexpr std::string_view kSpanishFunction =
    "de la que el en y a los se del las un por con no una su para es al lo como más o pero sus le ha me si sin sobre "
    "este ya entre cuando todo esta ser son dos también fue había era muy hasta desde mi porque qué sólo han yo hay "
    "vez puede todos así nos ni parte tiene uno donde bien tiempo mismo ese ahora cada vida otro después te otros "
    "aunque esa";

constexpr std::string_view kSpanishContent =
    "paso disparador campo datos correo registro error mensaje valor lista archivo solicitud usuario cuenta respuesta "
    "cliente pedido informe tabla formulario plantilla columna filtro hora fecha acción comprobar conectar ejecutar "
    "crear añadir enviar definir encontrar cambiar clave proyecto calendario contacto factura pago tarea documento "
    "número estado necesitar trabajar ayudar guardar leer escribir asignar reintentar programar límite retraso lote "
    "cola sesión consulta condición bucle cadena adjunto carpeta canal comentario recordatorio aprobación plazo "
    "presupuesto región almacén proveedor envío reembolso descuento suscripción contrato propuesta campaña audiencia "
    "resumen párrafo frase traducción reunión candidato salario formación equipo departamento indicador umbral alerta "
    "incidente memoria despliegue versión dependencia permiso certificado cifrado copia migración duplicado vacío "
    "ausente inválido caducado disponible obligatorio opcional sencillo complejo habitual anterior actual definitivo "
    "separado compartido público semanal mensual rápido lento exacto correcto falso fiable caro útil importante "
    "necesario posible distinto parecido adicional explicar comparar sustituir eliminar borrar ordenar contar calcular "
    "convertir confirmar rechazar reenviar descargar elegir configurar medir mejorar evitar contener esperar recibir "
    "permitir depender recomendar entender decidir seguir";

constexpr std::string_view kNames =
    "Anna Priya Mateo Yuki Fatima Liam Chloe Omar Ingrid Tomasz Amara Nikolai Sofia Hassan Greta Diego Mei Kwame Elena "
    "Bjorn Aisha Lucas Noor Viktor Zara Hugo Leila Pavel Rosa Ibrahim Gmail Slack Airtable Notion HubSpot Salesforce "
    "Stripe Shopify Trello Asana Jira GitHub Dropbox Zendesk Mailchimp Typeform Calendly Twilio Discord QuickBooks "
    "Xero Postgres Redis Kafka Kubernetes Docker Terraform Grafana Python JavaScript TypeScript Excel PowerPoint "
    "Outlook Berlin Lagos Osaka Lima Oslo Nairobi Toronto Lisbon Mumbai Seattle Acme Northwind Contoso Globex Initech "
    "Umbrella";

constexpr std::string_view kEnglishEndings = "s ed ing er ers ly able ness ion ment less ful ist ize al ity ive";
constexpr std::string_view kGermanEndings = "en er es ung ungen lich keit los bar heit te ten s em isch schaft weise";
constexpr std::string_view kFrenchEndings = "s es er ment tion eur euse ant ante able ité ements ée és ais ons ique";
constexpr std::string_view kSpanishEndings = "s es ar ción mente dor dora ando able idad ado ada ito encia eros amos";

constexpr std::array<Language, 4> kLanguages{{{"en", kEnglishFunction, kEnglishContent, kEnglishEndings},
                                              {"de", kGermanFunction, kGermanContent, kGermanEndings},
                                              {"fr", kFrenchFunction, kFrenchContent, kFrenchEndings},
                                              {"es", kSpanishFunction, kSpanishContent, kSpanishEndings}}};

constexpr std::array<std::string_view, 8> kSystemPrompts{
    "You are an automation assistant. Turn what the user describes into a workflow of a trigger and one or more "
    "actions. Ask at most one question if something essential is missing. Answer in the user's language, name every "
    "app and field exactly as it is called in the editor, and end with how to test the result.",
    "You are a careful support agent for a software company. Use only the facts in the conversation. If you are not "
    "sure, say so and offer to hand over to a human. Never promise refunds, dates or features. Keep answers under 200 "
    "words and write steps as a numbered list.",
    "You help small businesses with spreadsheets, invoices and e-mail. Be concrete: give formulas ready to paste, say "
    "in which cell they go, and warn about the most common mistake. Do not invent column names; ask for them.",
    "You are a senior engineer who reviews code and configuration. Point out errors first, then risks, then style. "
    "Quote the line you mean. Prefer the smallest change that solves the problem and show it as a diff or a short "
    "block.",
    "You are a writing coach. Keep the author's voice, fix grammar, and explain at most three changes. When asked for "
    "a summary, give five bullet points and one sentence of conclusion. Do not use marketing language.",
    "You are a data analyst with access to a warehouse. Before you answer, state which tables you would read and which "
    "filter you would use. Give the query, then the interpretation, then the caveats. Money is in minor units; times "
    "are UTC. Never show rows that contain personal data.",
    "You are the in-app guide of a project management tool. The user sees the board view. Refer to buttons by their "
    "label. If the request needs administrator rights, say who can do it. Offer the keyboard shortcut when there is "
    "one.",
    "Extract the tasks, people and dates from what the user pastes and answer with JSON that follows the schema you "
    "were given. Leave out what is not in the text. Dates are ISO 8601. If there is nothing to extract, return an "
    "empty list and explain in one sentence why.",
};

}  // namespace

std::span<const Language> languages() {
  return kLanguages;
}

std::span<const std::string_view> system_prompts() {
  return kSystemPrompts;
}

std::string_view proper_names() {
  return kNames;
}

}  // namespace gleaner::bench
