-- id: HG302
-- title: A thread can wait inside a redirected function
-- severity: review
-- confidence: medium
-- needs: hotpatch
-- mechanism: The loader does not look at thread stacks. A thread that waits under a redirected function when the patch arrives (for a
--   packet, an event, a message) comes back into the old code, after any time, and works beside threads in the new code: with
--   the old order of locks, the old idea of a record, the defect that the patch is to mend.
-- action: Look at the path in the evidence: what does the old code do after the wait, and may it do so beside the new? The lab's run
--   under load is the proof.
WITH RECURSIVE
waiting(api) AS (VALUES
  ('WaitForSingleObject'), ('WaitForSingleObjectEx'), ('WaitForMultipleObjects'), ('WaitForMultipleObjectsEx'), ('SignalObjectAndWait'),
  ('MsgWaitForMultipleObjects'), ('MsgWaitForMultipleObjectsEx'), ('GetMessageA'), ('GetMessageW'), ('WaitMessage'),
  ('GetQueuedCompletionStatus'), ('GetQueuedCompletionStatusEx'), ('SleepConditionVariableCS'), ('SleepConditionVariableSRW'),
  ('WaitOnAddress'), ('ConnectNamedPipe'), ('WaitNamedPipeA'), ('WaitNamedPipeW'), ('WaitCommEvent'), ('StartServiceCtrlDispatcherA'),
  ('StartServiceCtrlDispatcherW'), ('RpcMgmtWaitServerListen'), ('NtWaitForSingleObject'), ('NtWaitForMultipleObjects'),
  ('NtRemoveIoCompletion'), ('NtReplyWaitReceivePort'), ('NtAlpcSendWaitReceivePort'), ('accept'), ('recv'), ('recvfrom'), ('select'),
  ('WSAAccept'), ('WSAPoll'), ('WSAWaitForMultipleEvents')),
-- Three calls deep: below that, nearly every function of a server reaches some wait.
path(redirected, at, depth, text) AS (
  SELECT function_id, function_id, 0, name FROM function WHERE function_id IN (SELECT function_id FROM redirected_function)
  UNION
  SELECT p.redirected, c.callee, p.depth + 1, p.text || ' -> ' || f.name
  FROM path p JOIN call c ON c.caller = p.at JOIN function f ON f.function_id = c.callee
  WHERE p.depth < 3 AND c.callee <> p.redirected),
found(redirected, api, text, ordinal) AS (
  SELECT p.redirected, i.name, p.text || ' -> ' || i.name,
         ROW_NUMBER() OVER (PARTITION BY p.redirected ORDER BY p.depth, p.text, i.name)
  FROM path p JOIN import_call i ON i.function_id = p.at
  WHERE i.name IN (SELECT api FROM waiting) AND NOT i.polls)
SELECT i.module || '!' || f.name AS subject,
       printf('A thread can wait in %s under the old %s: %s.', w.api, f.name, w.text) AS message,
       json_object('function', f.name, 'waits_in', w.api, 'path', w.text) AS evidence
FROM found w
JOIN function f ON f.function_id = w.redirected
JOIN image i USING (image_id)
WHERE w.ordinal = 1
  -- What a thread runs is HG301's, whatever it waits for.
  AND NOT EXISTS (SELECT 1 FROM registration r WHERE r.function_id = f.function_id AND r.kind IN ('thread', 'service-main'))
ORDER BY i.module, f.name;
