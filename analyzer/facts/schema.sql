-- Facts: everything that the analyzer and the harness measured about one KB. Judgements are not here: they are
-- the rule files in rules/catalogue, which are queries over these tables.
--
-- Conventions. RVAs, offsets and sizes are bytes. "image" is 'pre', 'post' or 'hotpatch'; a module is the file name
-- of the image, the same on all sides ("dhcpsrv.exe"). Booleans are 0 or 1. Text that is for people says "text".
-- A name that comes from an image or a guest is hostile: whoever prints it escapes it.

-- One row: what KB.yaml declares.
CREATE TABLE kb (
  kb       TEXT NOT NULL,
  track    TEXT NOT NULL,          -- hotpatch, baseline, out-of-band
  baseline TEXT NOT NULL           -- KB number of the baseline month, '' when not given
);
CREATE TABLE declared_function (name TEXT PRIMARY KEY);
-- Whose machines the KB is offered to: 'hotpatch' (enrolled in the hotpatch track), 'standard' (all others).
CREATE TABLE offered (machines TEXT PRIMARY KEY);

-- Which evidence exists. A rule that needs what is missing is "not evaluated", with this reason.
--   kind: 'private' (types and every function name), 'public' (names only), 'lab' (the dynamic half ran to its end),
--         'hotpatch' (the KB has a hotpatch image)
--   subject: the module, or '' for the whole KB
CREATE TABLE evidence (
  kind      TEXT NOT NULL,
  subject   TEXT NOT NULL,
  available INTEGER NOT NULL,
  reason    TEXT NOT NULL,         -- why it is missing, '' when available
  PRIMARY KEY (kind, subject)
);

-- Anything else that could not be judged: a budget spent, a function that would not decode.
CREATE TABLE not_evaluated (
  subject TEXT NOT NULL,
  reason  TEXT NOT NULL,
  PRIMARY KEY (subject, reason)
);

-- Every image of pre and post. One that did not change has a row here and in input, and nowhere else.
CREATE TABLE image_pair (
  module       TEXT NOT NULL,      -- of an image on one side only: its path
  status       TEXT NOT NULL,      -- compared, unchanged (the same bytes), added, removed, not evaluated
  pre_path     TEXT, post_path TEXT,            -- NULL where the side has none; packages are like folders in it
  component    TEXT NOT NULL,      -- of Windows, lower case; '' when not known
  architecture TEXT NOT NULL,      -- as the component says it (amd64, wow64), else of the image (x64)
  language     TEXT NOT NULL,      -- neutral, en-us
  pre_version  TEXT, post_version TEXT,         -- of the component, NULL when not known
  CHECK (pre_path IS NOT NULL OR post_path IS NOT NULL)
);
-- Files of the packages that only Windows can expand.
CREATE TABLE unexpanded_file (path TEXT PRIMARY KEY, reason TEXT NOT NULL);
-- What a package says of itself (update.mum).
CREATE TABLE package (path TEXT PRIMARY KEY, name TEXT NOT NULL, version TEXT NOT NULL, architecture TEXT NOT NULL, language TEXT NOT NULL);

CREATE TABLE input (path TEXT PRIMARY KEY, sha256 TEXT NOT NULL);   -- path relative to KB.yaml

CREATE TABLE image (
  image_id          INTEGER PRIMARY KEY,
  module            TEXT NOT NULL,
  image             TEXT NOT NULL,             -- pre, post, hotpatch
  path              TEXT NOT NULL,             -- relative to KB.yaml
  machine           TEXT NOT NULL,             -- x64, arm64, x86
  timestamp         INTEGER NOT NULL,          -- FileHeader.TimeDateStamp
  checksum          INTEGER NOT NULL,          -- OptionalHeader.CheckSum
  size_of_image     INTEGER NOT NULL,
  file_size         INTEGER NOT NULL,
  sha256            TEXT NOT NULL,
  symbols           TEXT NOT NULL,             -- private, public, none
  UNIQUE (module, image)
);

-- What the image says of itself in single bits (analyzer/image/image_properties.h): 'guard-cf', 'cet-compat', 'hotpatch-compatible', ...
CREATE TABLE image_property (image_id INTEGER NOT NULL REFERENCES image, name TEXT NOT NULL, PRIMARY KEY (image_id, name));

CREATE TABLE section (
  image_id INTEGER NOT NULL REFERENCES image, name TEXT NOT NULL, rva INTEGER NOT NULL, virtual_size INTEGER NOT NULL,
  file_offset INTEGER NOT NULL, file_size INTEGER NOT NULL, characteristics INTEGER NOT NULL,
  PRIMARY KEY (image_id, rva)
);
CREATE TABLE export (
  image_id INTEGER NOT NULL REFERENCES image, name TEXT NOT NULL, ordinal INTEGER NOT NULL, rva INTEGER NOT NULL,
  forwarder TEXT NOT NULL, PRIMARY KEY (image_id, ordinal, name)
);
CREATE TABLE import (
  image_id INTEGER NOT NULL REFERENCES image, dll TEXT NOT NULL,  -- lower case
  name TEXT NOT NULL,                                             -- or '#ordinal'
  delayed INTEGER NOT NULL, PRIMARY KEY (image_id, dll, name)
);

-- One row a function body: the primary entry; chained and cold fragments belong to it.
CREATE TABLE function (
  function_id       INTEGER PRIMARY KEY,
  image_id          INTEGER NOT NULL REFERENCES image,
  rva               INTEGER NOT NULL,
  size              INTEGER NOT NULL,          -- of the primary range
  name              TEXT NOT NULL,             -- undecorated, for people; 'sub_1400' style when there is none
  linkage_name      TEXT NOT NULL,             -- decorated, or the name
  source            TEXT NOT NULL,             -- what named it: pdb, public, export, pdata
  padding           INTEGER NOT NULL,          -- CC or 90 filler bytes directly in front of the entry, counted up to 16
  first_instruction_size INTEGER NOT NULL,     -- 0 when it does not decode
  branches_to_entry INTEGER NOT NULL,          -- branches from inside its own body to its first 2 bytes (ARM64: 8)
  is_root           INTEGER NOT NULL,          -- entry point, exported, or its address is taken: it can be called from anywhere
  UNIQUE (image_id, rva)
);
-- All names of a body; more than one row means that the linker folded equal functions.
CREATE TABLE function_name (function_id INTEGER NOT NULL REFERENCES function, name TEXT NOT NULL, PRIMARY KEY (function_id, name));

-- Direct calls and tail jumps between bodies of one image.
CREATE TABLE call (caller INTEGER NOT NULL REFERENCES function, callee INTEGER NOT NULL REFERENCES function, site_rva INTEGER NOT NULL,
  PRIMARY KEY (caller, callee, site_rva));
CREATE INDEX call_by_callee ON call (callee);
-- Of the base: which function calls which import, directly or through a thunk (analyzer/code/import_calls.h).
CREATE TABLE import_call (
  function_id INTEGER NOT NULL REFERENCES function, site_rva INTEGER NOT NULL,
  dll TEXT NOT NULL, name TEXT NOT NULL,       -- as in table import
  polls INTEGER NOT NULL,                      -- a wait whose timeout is a constant zero
  PRIMARY KEY (function_id, site_rva)
);
-- Of the base: functions whose address the system was given (analyzer/code/registrations.h).
CREATE TABLE registration (
  function_id INTEGER NOT NULL REFERENCES function,
  kind    TEXT NOT NULL,                       -- thread, service-main, once, initializer, tls-callback, dll-entry, callback
  api     TEXT NOT NULL,                       -- 'CreateThread'; 'TLS directory', 'entry point'
  registrar INTEGER REFERENCES function,       -- the function with the call; NULL when the image's own tables say it
  site_rva INTEGER NOT NULL,                   -- 0 when the image's own tables say it
  PRIMARY KEY (function_id, kind, site_rva)
);
-- S_INLINESITE: the body of function_id contains a copy of inlinee.
CREATE TABLE inline_site (function_id INTEGER NOT NULL REFERENCES function, inlinee TEXT NOT NULL, PRIMARY KEY (function_id, inlinee));

-- Data that code of the hotpatch image refers to: this image's data is a second copy. A constant with pointers in it gives a
-- mutable row for each pointer to mutable data, at the pointer's own RVA: a slot that the loader may bind to the base.
CREATE TABLE data_access (
  function_id INTEGER NOT NULL REFERENCES function, site_rva INTEGER NOT NULL, target_rva INTEGER NOT NULL,
  target      TEXT NOT NULL,                   -- the global's name, or 'section+0xoffset'
  mutable     INTEGER NOT NULL,                -- the target's section is writable
  text        TEXT NOT NULL,                   -- the instruction
  PRIMARY KEY (function_id, site_rva, target_rva)
);

-- Functions of pre and post, paired.
CREATE TABLE function_pair (
  pair_id    INTEGER PRIMARY KEY,
  module     TEXT NOT NULL,
  pre        INTEGER REFERENCES function,      -- NULL: added
  post       INTEGER REFERENCES function,      -- NULL: removed
  status     TEXT NOT NULL,                    -- identical, changed, added, removed
  matched_by TEXT NOT NULL,                    -- the pass that paired them, '' when unpaired
  line_only  INTEGER NOT NULL                  -- changed, but only in line-number immediates
);
CREATE INDEX function_pair_by_pre ON function_pair (pre);
CREATE INDEX function_pair_by_post ON function_pair (post);
CREATE TABLE change_reason (pair_id INTEGER NOT NULL REFERENCES function_pair, reason TEXT NOT NULL, PRIMARY KEY (pair_id, reason));
-- Side-by-side disassembly around the first difference of a changed pair. A side is NULL where it has no such line.
CREATE TABLE listing (
  pair_id INTEGER NOT NULL REFERENCES function_pair, line INTEGER NOT NULL, pre_rva INTEGER, pre_text TEXT, post_rva INTEGER, post_text TEXT,
  differs INTEGER NOT NULL, PRIMARY KEY (pair_id, line)
);

-- A second decoder reads every changed, added and redirected function, and every replacement, too. One row an image: how much.
CREATE TABLE second_opinion (
  image_id INTEGER PRIMARY KEY REFERENCES image,
  decoder  TEXT NOT NULL,                      -- name and version: 'Capstone 4.0.2'
  functions INTEGER NOT NULL, instructions INTEGER NOT NULL
);
-- A function that the two decoders do not read alike, with the number of its instructions.
CREATE TABLE decoder_disagreement (
  function_id INTEGER PRIMARY KEY REFERENCES function,
  contradicted INTEGER NOT NULL,               -- both read an instruction, and not the same
  unknown     INTEGER NOT NULL                 -- the second decoder reads none
);
-- Where: the first 16 of each sort in the function.
CREATE TABLE decoder_disagreement_place (
  function_id INTEGER NOT NULL REFERENCES decoder_disagreement, rva INTEGER NOT NULL,
  kind        TEXT NOT NULL,                   -- boundary (they end at different bytes), operation, unknown
  first_text  TEXT NOT NULL,                   -- how LLVM, which decides, reads it
  second_text TEXT NOT NULL,                   -- how the second decoder reads it, '' when unknown
  PRIMARY KEY (function_id, rva)
);

-- Types of both PDBs that differ, compared by name. Unchanged types have no row.
CREATE TABLE type_pair (
  type_id INTEGER PRIMARY KEY, module TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL,  -- struct, class, union, enum
  status  TEXT NOT NULL,                       -- changed, added, removed
  pre_size INTEGER, post_size INTEGER, UNIQUE (module, name)
);
-- All members of such a type, in offset order, those that did not change too.
CREATE TABLE field_pair (
  type_id INTEGER NOT NULL REFERENCES type_pair, ordinal INTEGER NOT NULL, name TEXT NOT NULL,
  status  TEXT NOT NULL,                       -- same, moved, retyped, added, removed
  pre_offset INTEGER, post_offset INTEGER, pre_type TEXT, post_type TEXT, PRIMARY KEY (type_id, ordinal)
);

-- Global and static data of both PDBs that differ. Unchanged ones have no row.
CREATE TABLE global_pair (
  global_id INTEGER PRIMARY KEY, module TEXT NOT NULL, name TEXT NOT NULL,
  status  TEXT NOT NULL,                       -- changed, added, removed
  pre_rva INTEGER, post_rva INTEGER, pre_size INTEGER, post_size INTEGER, pre_type TEXT, post_type TEXT,
  mutable INTEGER NOT NULL,                    -- the post side's section is writable (of the pre side when removed)
  value_changed INTEGER NOT NULL,              -- initial contents differ after references are resolved to what they refer to
  UNIQUE (module, name)
);

-- The hotpatch table of a hotpatch image (analyzer/image/hotpatch_format.h).
CREATE TABLE hotpatch (
  image_id INTEGER PRIMARY KEY REFERENCES image, version INTEGER NOT NULL, size INTEGER NOT NULL, sequence INTEGER NOT NULL,
  min_sequence INTEGER NOT NULL, flags INTEGER NOT NULL
);
CREATE TABLE hotpatch_base (
  image_id INTEGER NOT NULL REFERENCES hotpatch, ordinal INTEGER NOT NULL, sequence INTEGER NOT NULL, flags INTEGER NOT NULL,
  timestamp INTEGER NOT NULL, checksum INTEGER NOT NULL, PRIMARY KEY (image_id, ordinal)
);
CREATE TABLE hotpatch_record (
  image_id INTEGER NOT NULL REFERENCES hotpatch, ordinal INTEGER NOT NULL,
  kind    TEXT NOT NULL,                       -- function, absolute, rel32, call-target, indirect, no-call-target, dynamic-value
  inverse INTEGER NOT NULL,
  written_rva INTEGER NOT NULL,                -- in the base; in the hotpatch image when inverse
  target_rva  INTEGER NOT NULL,                -- in the other image
  base_function     INTEGER REFERENCES function,  -- pre body whose entry is the base-side RVA, when it is one
  hotpatch_function INTEGER REFERENCES function,  -- hotpatch body whose entry is the hotpatch-side RVA, when it is one
  PRIMARY KEY (image_id, ordinal)
);

-- What the loader would answer to the hotpatch image on this base (analyzer/hotpatch/loader_prediction.h). No row: it applies.
CREATE TABLE loader_refusal (
  image_id INTEGER NOT NULL REFERENCES image,
  ordinal  INTEGER NOT NULL,                   -- 0 is its answer; the others follow once that is mended
  record   INTEGER,                            -- ordinal in hotpatch_record; NULL: of the whole table
  status   INTEGER,                            -- NTSTATUS; NULL: refused, and with what is not known
  rva INTEGER, file_offset INTEGER,            -- of the value in the hotpatch image that is refused; NULL where there is none
  place TEXT NOT NULL, reason TEXT NOT NULL,   -- text
  PRIMARY KEY (image_id, ordinal)
);
-- The bytes that a record leaves in memory (analyzer/hotpatch/predicted_write.h). Call targets write nothing.
CREATE TABLE predicted_write (
  image_id INTEGER NOT NULL REFERENCES hotpatch,
  record   INTEGER NOT NULL,                   -- ordinal in hotpatch_record
  image    TEXT NOT NULL,                      -- that is written: pre, hotpatch
  rva INTEGER NOT NULL, size INTEGER NOT NULL,
  value    TEXT NOT NULL,                      -- what the ?? of bytes_after hold: redirect (rel32 to the thunk), branch, pointer, copied, per-boot, unknown
  target_rva INTEGER NOT NULL,                 -- in the other image: what the thunk or the pointer leads to, or where the copied pointer stands
  name     TEXT NOT NULL,                      -- of the function or slot that is written
  bytes_before TEXT NOT NULL, bytes_after TEXT NOT NULL,  -- hex; ?? where only the process knows
  PRIMARY KEY (image_id, record)
);
-- What no loader refuses and is odd all the same (analyzer/hotpatch/record_audit.h has the kinds).
CREATE TABLE hotpatch_oddity (
  image_id INTEGER NOT NULL REFERENCES hotpatch, ordinal INTEGER NOT NULL,
  record   INTEGER,                            -- ordinal in hotpatch_record; NULL: of the whole table
  kind     TEXT NOT NULL,
  name     TEXT NOT NULL,                      -- of the function, slot or variable that it is about, '' when none
  text     TEXT NOT NULL, PRIMARY KEY (image_id, ordinal)
);

-- The hotpatch images of the KB before, on the same baseline (KB.yaml's key previous).
CREATE TABLE previous_hotpatch (
  previous_id INTEGER PRIMARY KEY, module TEXT NOT NULL UNIQUE, path TEXT NOT NULL, sequence INTEGER NOT NULL
);
CREATE TABLE previous_base (
  previous_id INTEGER NOT NULL REFERENCES previous_hotpatch, ordinal INTEGER NOT NULL,
  timestamp INTEGER NOT NULL, checksum INTEGER NOT NULL, PRIMARY KEY (previous_id, ordinal)
);
CREATE TABLE previous_redirect (
  previous_id INTEGER NOT NULL REFERENCES previous_hotpatch, base_rva INTEGER NOT NULL, PRIMARY KEY (previous_id, base_rva)
);

-- Functions of post and of the hotpatch image, paired and compared like function_pair: the hot fix must be the cold fix.
CREATE TABLE hotpatch_pair (
  module TEXT NOT NULL, post INTEGER REFERENCES function, hotpatch INTEGER REFERENCES function,
  status TEXT NOT NULL                         -- identical, changed, added, removed
);
CREATE INDEX hotpatch_pair_by_post ON hotpatch_pair (post);
CREATE INDEX hotpatch_pair_by_hotpatch ON hotpatch_pair (hotpatch);

-- Base functions that the hotpatch image redirects.
CREATE VIEW redirected_function (function_id) AS
  SELECT DISTINCT base_function FROM hotpatch_record WHERE kind = 'function' AND NOT inverse AND base_function IS NOT NULL;
-- Base functions whose old code still runs once the patch is active: whatever is called from outside, and what that calls.
CREATE VIEW live_function (function_id) AS
  WITH RECURSIVE live(f) AS (
    SELECT p.function_id FROM function p JOIN image i USING (image_id)
    WHERE i.image = 'pre' AND p.function_id NOT IN (SELECT function_id FROM redirected_function)
      AND (p.is_root OR NOT EXISTS (SELECT 1 FROM call c WHERE c.callee = p.function_id AND c.caller <> p.function_id))
    UNION
    SELECT c.callee FROM live JOIN call c ON c.caller = live.f
    WHERE c.callee NOT IN (SELECT function_id FROM redirected_function))
  SELECT f FROM live;

-- Pairs that differ in more than line numbers.
CREATE VIEW changed_function (module, pre, post) AS
  SELECT module, pre, post FROM function_pair WHERE status = 'changed' AND NOT line_only;
-- Names of changed functions, and of those that are declared as changed: what an inlined copy of one is called.
CREATE VIEW changed_name (module, name) AS
  SELECT c.module, n.name FROM changed_function c JOIN function_name n ON n.function_id IN (c.pre, c.post)
  UNION SELECT c.module, f.name FROM changed_function c JOIN function f ON f.function_id IN (c.pre, c.post)
  UNION SELECT i.module, d.name FROM declared_function d JOIN image i;

-- Every byte of both files, by what it belongs to and how it compares (analyzer/diff/ledger.h).
CREATE TABLE ledger (module TEXT NOT NULL, cause TEXT NOT NULL, pre_bytes INTEGER NOT NULL, post_bytes INTEGER NOT NULL, PRIMARY KEY (module, cause));
CREATE TABLE ledger_unattributed (
  module TEXT NOT NULL, image TEXT NOT NULL, file_offset INTEGER NOT NULL, size INTEGER NOT NULL, section TEXT NOT NULL,
  PRIMARY KEY (module, image, file_offset)
);

-- The lab (harness/lab). One run a role.
CREATE TABLE lab_run (
  run_id   INTEGER PRIMARY KEY,
  role     TEXT NOT NULL,                      -- dhcp
  module   TEXT NOT NULL,
  provider TEXT NOT NULL,                      -- qemu, wine-host
  accelerator TEXT NOT NULL,                   -- kvm, tcg, native
  outcome  TEXT NOT NULL                       -- completed, lab-fault, interrupted
);
-- The steps of design "Lab", in order, each with its outcome. A step that was not reached has no row.
CREATE TABLE lab_step (
  run_id INTEGER NOT NULL REFERENCES lab_run, ordinal INTEGER NOT NULL,
  phase  TEXT NOT NULL,                        -- control (before the patch), patched, undone, restarted (from the update's image)
  step   TEXT NOT NULL,                        -- restore, health, smoke, witness, soak, apply, verify, undo, restart
  outcome TEXT NOT NULL,                       -- ok, failed, lab-fault
  text   TEXT NOT NULL, PRIMARY KEY (run_id, ordinal)
);
-- What a probe asked and what came back.
CREATE TABLE lab_probe (
  run_id INTEGER NOT NULL REFERENCES lab_run, phase TEXT NOT NULL, step TEXT NOT NULL,
  exchange TEXT NOT NULL,                      -- discover-offer, request-ack, renew, rebind, release, decline, inform, nak, witness
  sent INTEGER NOT NULL, answered INTEGER NOT NULL, late INTEGER NOT NULL,   -- answered within the deadline; late: after it
  wrong INTEGER NOT NULL,                      -- answered with wrong content
  first_wrong TEXT NOT NULL,                   -- text: expected and got, of the first wrong answer
  deadline_ms INTEGER NOT NULL, median_ms REAL NOT NULL, worst_ms REAL NOT NULL,
  PRIMARY KEY (run_id, phase, step, exchange)
);
-- The witness shows the defect ('vulnerable') or its absence ('fixed').
CREATE TABLE lab_witness (run_id INTEGER NOT NULL REFERENCES lab_run, phase TEXT NOT NULL, seen TEXT NOT NULL, text TEXT NOT NULL, PRIMARY KEY (run_id, phase));
-- The service process, looked at after each step. state: running, exited.
CREATE TABLE lab_process (
  run_id INTEGER NOT NULL REFERENCES lab_run, ordinal INTEGER NOT NULL, phase TEXT NOT NULL, step TEXT NOT NULL, state TEXT NOT NULL,
  service_state TEXT NOT NULL,                 -- what the service manager says: running, stopped, unknown
  pid INTEGER NOT NULL, start_time INTEGER NOT NULL, exit_code INTEGER, PRIMARY KEY (run_id, ordinal)
);
-- Counters during a soak. 'transactions' counts completed exchanges since the start of the soak.
CREATE TABLE lab_sample (
  run_id INTEGER NOT NULL REFERENCES lab_run, phase TEXT NOT NULL, transactions INTEGER NOT NULL,
  private_bytes INTEGER NOT NULL, threads INTEGER NOT NULL,
  handles INTEGER,                             -- NULL where the guest does not say
  PRIMARY KEY (run_id, phase, transactions)
);
-- Slope of a counter per transaction: Theil-Sen with a bootstrap interval. counter: private-bytes, threads, handles.
CREATE TABLE lab_slope (
  run_id INTEGER NOT NULL REFERENCES lab_run, phase TEXT NOT NULL, counter TEXT NOT NULL, samples INTEGER NOT NULL, transactions INTEGER NOT NULL,
  per_transaction REAL NOT NULL, low REAL NOT NULL, high REAL NOT NULL, confidence REAL NOT NULL, PRIMARY KEY (run_id, phase, counter)
);
-- patched minus control of the same run.
CREATE TABLE lab_growth (
  run_id INTEGER NOT NULL REFERENCES lab_run, counter TEXT NOT NULL, per_transaction REAL NOT NULL, low REAL NOT NULL, high REAL NOT NULL,
  confidence REAL NOT NULL, PRIMARY KEY (run_id, counter)
);
-- Latencies of the two soaks compared by rank (harness/monitor/latency.h).
CREATE TABLE lab_latency (
  run_id INTEGER NOT NULL REFERENCES lab_run, exchange TEXT NOT NULL, control_answers INTEGER NOT NULL, patched_answers INTEGER NOT NULL,
  control_median_ms REAL NOT NULL, patched_median_ms REAL NOT NULL,
  slower  REAL NOT NULL,                       -- how likely a patched answer takes longer than a control one; 0.5: no difference
  p_value REAL NOT NULL, PRIMARY KEY (run_id, exchange)
);
-- Guest memory against the prediction (predicted_write). after: 'apply' or 'undo'.
CREATE TABLE lab_bytes (
  run_id INTEGER NOT NULL REFERENCES lab_run, after TEXT NOT NULL,
  rva INTEGER NOT NULL, function TEXT NOT NULL, -- a redirected function's entry, or a slot of the hotpatch image
  expected TEXT NOT NULL, found TEXT NOT NULL, -- hex
  image TEXT NOT NULL,                         -- whose memory: pre, hotpatch
  PRIMARY KEY (run_id, after, image, rva)
);
