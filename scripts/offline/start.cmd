@echo off
rem ASCII only: a batch file is read in the machine's own code page. All texts come from start.py and the read-me.
setlocal DisableDelayedExpansion
for /f "tokens=2 delims=[]" %%v in ('ver') do set "windows=%%v"
echo "%windows%" | findstr /r /c:" 6\.[0-9]" /c:" 5\.[0-9]" >nul
if not errorlevel 1 goto old
pushd "%~dp0" || goto failed
if exist "python\python.exe" (
  "python\python.exe" -I "start.py" %*
) else (
  py -@PYTHON@ -I "start.py" %*
)
if errorlevel 1 goto failed
popd
exit /b 0
:old
echo Windows 10 or newer is needed; Windows 7 and 8 are not supported.
for %%f in ("%~dp0*.txt") do start "" notepad "%%f"
:failed
pause
exit /b 2
