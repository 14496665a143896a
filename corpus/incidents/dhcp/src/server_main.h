// The program: a Windows service, or with --console a console program.
#pragma once

int ServerMain(const char *commandLine);
